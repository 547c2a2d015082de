"""The one pass over a file: chunks of records through the rules into the outputs, and the report of it."""
