"""The meaning of a heading's labels, by the words in them."""
