"""Calls handed to executors: what comes of them in order, again where a worker was lost, and in few bytes."""
