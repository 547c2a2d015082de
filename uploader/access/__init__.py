"""What a call needs before it leaves: a base URL, a token, a turn within the limits, a way past the proxies."""
