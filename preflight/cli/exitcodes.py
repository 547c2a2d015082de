"""Exit codes of `preflight`; `preflight.console.running` has those of every command."""

READY, BAD_ROWS, UNUSABLE = 0, 1, 2
"""Every row may be sent; some are bad; usage, a layout, or an input that cannot be read."""
