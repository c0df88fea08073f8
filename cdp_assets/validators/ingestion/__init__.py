"""Fetching: clients of a chain's providers, and the assets that store what they return."""
