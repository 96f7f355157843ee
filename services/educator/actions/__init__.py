"""What educator does: one function, one change, inside the caller's transaction. Nothing here commits."""
