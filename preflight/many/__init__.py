"""Checks of several files, one after the other or by workers, and their totals."""
