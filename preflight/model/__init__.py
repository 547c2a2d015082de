"""Plain data classes of the rooms above: options, problems, findings, fixes, report."""
