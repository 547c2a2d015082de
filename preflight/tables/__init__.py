"""The format of a file and the table in it: separators, quotes, heading labels, contents of columns."""
