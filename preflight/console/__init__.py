"""How a command runs: its streams, the signals that end it, progress on a terminal, annotations in a log."""
