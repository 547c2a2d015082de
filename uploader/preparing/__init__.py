"""From a file to its requests: check, rows sent before, split into parts, titlecount."""
