"""What fingerprint does: one function is one change, inside the caller's transaction."""
