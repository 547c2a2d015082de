"""Date formats: Java's date patterns, and reading dates with them as a JDK does."""
