"""What only a whole column shows, gathered run by run: it adds up, and is judged at the end of the file."""
