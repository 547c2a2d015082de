"""The rules, one module for each of what they judge: the record (`row`), then `email`, `date`, `title` and `note`.

A rule for a column is a pure function of its cells: a `Column` of strings with the records' positions in,
and findings out. The date's also gives the evidence that only the whole column can show, which adds up run by run.
"""
