"""Uploads, jobs and their outcomes: plain data."""
