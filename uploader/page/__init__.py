"""The local page: its routes, forms and templates, from a file to an upload, on this machine only."""
