"""What is Act-On's own of an upload: its form, its answers, its jobs, its limits on a file."""
