"""Tiles: pictures of rasters and pieces of vector layers."""
