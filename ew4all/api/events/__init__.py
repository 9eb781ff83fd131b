"""Events: a journal in the store, one reader of it for each process, and as many listeners as ask."""
