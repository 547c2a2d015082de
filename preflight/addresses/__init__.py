"""Data on email addresses: permitted characters, common domains, and existing top-level domains."""
