"""What identity decides: pure, as of a moment it is given."""
