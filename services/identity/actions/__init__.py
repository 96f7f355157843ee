"""What identity does: each function one change, inside the caller's transaction."""
