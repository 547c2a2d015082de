"""Several files: checked one after the other or by many workers, and what only all of them together show."""
