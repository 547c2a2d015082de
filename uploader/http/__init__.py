"""One way out: transport, retry, rate limit, and what an answer says."""
