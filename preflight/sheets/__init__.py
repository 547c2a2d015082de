"""Workbooks that are written: the bad rows, for the one who mends them."""
