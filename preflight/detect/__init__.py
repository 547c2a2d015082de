"""Detection of the layout from the file, with the evidence."""
