"""An order from its file to what is told of it: checked, shown by a dry run, allowed, carried out."""
