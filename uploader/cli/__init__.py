"""The `uploader` command: the only room that prints, reads the environment, or chooses an exit code."""
