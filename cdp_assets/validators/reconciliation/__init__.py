"""Comparisons of versions, sources and totals, and what they block (validator §10)."""
