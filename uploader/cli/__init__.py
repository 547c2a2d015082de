"""The `uploader` command: the only room that prints, reads the environment, or picks an exit code."""
