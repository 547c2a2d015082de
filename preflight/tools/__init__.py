"""Exports of known tools, one data file each: how to recognize an export, and the options proposed for it."""
