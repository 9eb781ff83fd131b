"""Which sites go out in a disaster, why, and when they come back."""
