"""Where things are in a file and how it is written: what was said of it, and that compared with a heading."""
