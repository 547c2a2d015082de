"""The ledger of uploads, with their rows, titles and outcomes, in one SQLite file."""
