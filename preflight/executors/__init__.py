"""Calls handed to executors: what comes of them in order, and again where a worker was lost."""
