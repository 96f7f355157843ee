"""What certificate decides: pure. Plain values and a day go in, decisions that explain themselves come out."""
