"""Glue to frameworks, a package for each; each is imported by whoever wants it."""
