"""The outputs of a check: their kinds by file ending, and the refused ones."""
