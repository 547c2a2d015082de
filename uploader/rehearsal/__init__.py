"""The rehearsal: a stand-in for the endpoint on this machine, to try everything without an account.

It imports nothing of `preflight` and nothing of the other rooms: what it says of a file is a second opinion.
"""

from uploader.rehearsal.server import Account, Fault, FaultError, Rehearsal

__all__ = ["Account", "Fault", "FaultError", "Rehearsal"]
