"""Access tokens of an account: password grant, renewal, storage."""
