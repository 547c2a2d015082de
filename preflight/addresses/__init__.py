"""What is known of email addresses: their characters, the domains that many have, the top-level domains that exist."""
