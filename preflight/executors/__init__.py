"""Calls submitted to executors: results in order, retries after a lost worker, compact pickles."""
