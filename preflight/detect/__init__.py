"""The layout told from the file, with the evidence."""
