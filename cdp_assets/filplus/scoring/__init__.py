"""Scores of allocators: rules as data, plain arithmetic and eight metrics (compliance §5)."""
