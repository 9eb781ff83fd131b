"""Jobs: accepted in one transaction, done by a workflow that outlives a crash, in a child that can be killed."""
