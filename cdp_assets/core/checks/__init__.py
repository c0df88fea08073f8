"""Checks: a statement that finds violations, what a check reports, and the alerts."""
