"""The files that a check writes, each under its name only when it is complete."""
