"""What educator decides, by subject. Pure: it takes the day or the moment, and reads no clock, settings or database."""
