"""Input files of any kind, opened and read as blocks of UTF-8 text: plain, gzip, remote, a workbook, a DataFrame."""
