"""Alerts about the compliance of providers and allocators, from the weekly tables."""
