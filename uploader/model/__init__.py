"""What an upload is and what became of it: plain data."""
