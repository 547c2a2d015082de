"""Sending an order: check, dry run, consent, delivery, receipt."""
