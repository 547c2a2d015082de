"""HTTP: requests, their safe repeats, and the reading of answers."""
