"""What a request needs: a base URL, a token, room within the rate limits, and a session with the proxies."""
