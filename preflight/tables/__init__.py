"""How a file is written and where the table in it is: separators and quotes, heading labels, what columns hold."""
