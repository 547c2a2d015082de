"""Mends records that have the wrong number of cells or stray quotes, one by one or many at once."""
