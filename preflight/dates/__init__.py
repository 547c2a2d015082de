"""Date formats: Java's patterns, and what a JDK reads with them."""
