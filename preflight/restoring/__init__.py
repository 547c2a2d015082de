"""Records that can be cut into the right cells once they are mended, one by one and many at once."""
