"""Fetching: the providers of a chain as a run opens them."""
