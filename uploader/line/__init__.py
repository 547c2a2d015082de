"""The line below the libraries: connections that are patient, and why one brought no answer."""
