"""Workbooks that are written: the bad rows as an Excel workbook."""
