"""Workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods) read as CSV text: one sheet, one record per row."""
