"""One way out: what is asked and safely repeated, and how a request leaves and its answer is read."""
