"""Overrides of inputs of reports: added or withdrawn by people, never of a score."""
