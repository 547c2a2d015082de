"""What a request and its answer are made of: base URL, token, limits, session, connection, answer, and their record."""
