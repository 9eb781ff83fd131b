"""OGC API - Features: collections, what is asked of them, and how it is answered."""
