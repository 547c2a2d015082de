"""Detection of a file's layout, with the evidence."""
