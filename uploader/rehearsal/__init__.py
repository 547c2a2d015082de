"""The rehearsal: a local stand-in for the endpoint, to try everything without an account.

It imports nothing of `preflight` or of the other rooms: its verdict on a file is a second opinion.
"""

from uploader.rehearsal.server import Account, Fault, FaultError, Rehearsal

__all__ = ["Account", "Fault", "FaultError", "Rehearsal"]
