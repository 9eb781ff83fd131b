"""The console of exercises: a page of its own, with the catalogues of its words; what it shares with the first page is there."""
