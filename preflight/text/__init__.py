"""Texts from outside: how they are shown, and what of them nobody sees."""
