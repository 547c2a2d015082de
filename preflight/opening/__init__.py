"""The outputs that a check was asked for: what each is, by its ending, and which are refused."""
