"""What was sent, which rows and titles, and what became of it, in one SQLite file."""
