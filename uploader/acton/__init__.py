"""Act-On's endpoint: the form of an upload, its answers, its jobs, its limits."""
