"""What fingerprint decides. Pure: no clock, no settings, no I/O."""
