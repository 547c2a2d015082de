"""Exports of known tools, one data file each: what tells an export, and what is proposed for it."""
