"""Files in an object store: their URLs, reading and writing them, and one-line errors."""
