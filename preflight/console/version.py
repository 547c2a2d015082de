"""The version of `preflight` and `uploader`, which are released together; the build reads it here."""

VERSION = "0.2.0"
