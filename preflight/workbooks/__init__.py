"""Workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods) as the CSV text that they would be: a sheet, row by row."""
