"""A web server for one user: on loopback only, behind a key, and closed to requests of other pages."""
