"""The files of the page as the user edits them: stored, read as chosen, mended row by row, judged as a whole."""
