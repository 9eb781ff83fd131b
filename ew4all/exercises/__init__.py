"""Exercises as files: read, checked, written, and the library of those that come with the package."""
