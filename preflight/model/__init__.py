"""Plain data that the rooms above hand each other: layout, problems, fixes, report."""
