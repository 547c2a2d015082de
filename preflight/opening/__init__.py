"""The outputs of a check: their kinds by file ending, the refused ones, and what is noted beside them."""
