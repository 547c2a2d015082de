"""Cuts blocks of text into records, and records into cells."""
