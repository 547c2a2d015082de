"""What an upload is and its outcome: plain data."""
