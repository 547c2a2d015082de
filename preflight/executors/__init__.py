"""Executors, and calls submitted to them: results in order, retries after a lost worker, compact pickles."""
