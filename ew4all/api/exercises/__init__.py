"""Exercises as resources: rows and logs, who sits where, rooms in which one is played, and what each role is told."""
