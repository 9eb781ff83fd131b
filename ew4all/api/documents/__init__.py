"""Scenarios and alerts: documents with versions."""
