"""What was sent, which rows and titles, and the outcome, in one SQLite file."""
