"""Periods of a chain: which exist, which are final, and the run over a range of them."""
