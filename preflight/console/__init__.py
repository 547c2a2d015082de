"""The environment of a command: its streams, signals, progress on a terminal, annotations in a log."""
