"""Changes to cells before the final check: fixes, accepted suggestions, and counts of what both would mend."""
