"""Texts of the uploader: the outcome of a send, the ledger's uploads, the state of a job. Prints nothing."""
