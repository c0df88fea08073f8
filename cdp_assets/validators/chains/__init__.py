"""Chains and providers as configured, and the asset keys of each chain."""
