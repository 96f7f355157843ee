"""What certificate does: one function, one change, inside the caller's transaction."""
