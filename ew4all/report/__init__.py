"""Results for people to look at: the table on a terminal and the map."""
