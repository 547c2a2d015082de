"""Accounts at Act-On: their hosts, the valid names of an upload's target, and their custom events."""
