"""The `preflight` command: options, progress, what it prints, exit codes."""
