"""Evidence of whole columns. It adds up run by run, and is judged at the end of the file."""
