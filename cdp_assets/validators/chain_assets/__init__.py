"""The assets of each chain: the list of its steps, which periods are stale, and their runs."""
