"""Connections below requests and urllib3: their timeouts, and the reasons for missing answers."""
