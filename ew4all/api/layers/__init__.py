"""Layers: results of jobs and uploads, as what can be drawn, asked and downloaded."""
