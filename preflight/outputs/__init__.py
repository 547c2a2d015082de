"""The output files of a check. Each gets its final name only once it is complete."""
