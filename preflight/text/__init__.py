"""Texts from outside: display, invisible characters, words for missing values, spelling, hashes."""
