"""Mended rows brought into the clean file that lacks them, each once, in its last version."""
