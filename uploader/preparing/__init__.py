"""From a file to what is to be sent of it: checked, counted, cut into parts, less what was sent before."""
