"""Planning: what would close the gap, at which cost, and how far it is from the best choice there is. No input or output."""
