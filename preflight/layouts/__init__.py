"""The layout of a file: its format and columns, as given and as resolved against a heading."""
