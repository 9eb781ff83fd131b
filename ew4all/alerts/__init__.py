"""Alerts: what is sent, and to which area. Bytes and arrays only, no files."""
