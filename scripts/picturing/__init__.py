"""The README's picture of the explorer."""
