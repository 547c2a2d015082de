"""Access tokens for an account: the password grant, renewal, and where they are kept."""
