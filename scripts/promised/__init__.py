"""What the node promises, each promise beside the run that shows it."""
