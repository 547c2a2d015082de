"""Merging of mended rows into a clean file: each row once, in its last version."""
