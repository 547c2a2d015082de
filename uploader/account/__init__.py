"""Accounts at Act-On, beside the upload: where they answer, what they take as names, which custom events they have."""
