"""Filscan: account statistics of providers."""
