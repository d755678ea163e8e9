"""The pruning methods side by side."""
