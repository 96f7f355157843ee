"""What surrounds the code: how the system is started, with Docker and without, and the one map of routes."""
