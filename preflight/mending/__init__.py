"""What may be changed in cells before they are judged for good: fixes, accepted suggestions, and what both would do."""
