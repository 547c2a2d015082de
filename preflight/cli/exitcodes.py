"""Exit codes of `preflight`; `preflight.console.running` has those of every command."""

READY, BAD_ROWS, UNUSABLE = 0, 1, 2
"""Every row may be sent; some rows are bad; a usage or layout error, or an input that cannot be read."""
