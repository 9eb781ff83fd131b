"""The channels, one file each. Adding one is adding a file and a line here."""
