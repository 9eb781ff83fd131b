"""Results to files: tables, rasters and records, each written whole or not at all."""
