"""All that is Act-On's own: its form, its answers, its jobs, its limits on a file."""
