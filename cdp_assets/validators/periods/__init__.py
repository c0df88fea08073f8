"""Periods of a chain: which exist, which are stale, and the run over them."""
