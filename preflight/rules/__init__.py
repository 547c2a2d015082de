"""The rules, one module for each of what they judge: the record (`row`), then `email`, `date`, `title` and `note`.

A rule for a column is a pure function of its cells: a Series of strings in, whose index is the records' positions, and
findings out. The date's also gives the evidence that only the whole column can show, which adds up run by run.
"""
