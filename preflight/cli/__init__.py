"""The `preflight` command: options, progress, printed text, exit codes."""
