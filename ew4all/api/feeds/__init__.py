"""Feeds of alerts that the host named: fetched on a schedule, checked, and asked of whom each alert reaches."""
