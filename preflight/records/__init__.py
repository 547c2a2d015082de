"""Bytes to records to cells: what a file holds, exactly, whatever its size."""
