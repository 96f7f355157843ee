"""What notifier decides: pure."""
