"""Finds where a document points at pictures, and writes other addresses there; every other character stays as it is."""
