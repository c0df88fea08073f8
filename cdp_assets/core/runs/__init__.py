"""Runs of the graph: tags, locks, failures, metadata, the Dagster instance and its record."""
