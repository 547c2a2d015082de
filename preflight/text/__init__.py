"""Texts from outside: how they are shown, what of them nobody sees, and their hashes."""
