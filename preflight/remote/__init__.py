"""Files that lie in an object store: what is one, how it is read and written, and what goes wrong in one line."""
