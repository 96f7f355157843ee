"""What notifier does, each inside its caller's transaction."""
