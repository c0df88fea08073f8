"""Tables of deals that Python writes: totals, tables by piece, and when a week may be built."""
