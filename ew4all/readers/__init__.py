"""Readers: everything that opens a file, and nothing else. Imported where needed."""
