"""What came of a call: an answer, in its own words and as support asks for it, or why there is none."""
