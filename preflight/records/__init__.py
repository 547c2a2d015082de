"""Reads files of any size: from bytes to records to cells."""
