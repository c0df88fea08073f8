"""Filscan: account figures of providers."""
