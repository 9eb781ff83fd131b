"""Catalogue of open inputs and how they are fetched: rows as data, templates, downloads, unpacking, a shelf of files."""
