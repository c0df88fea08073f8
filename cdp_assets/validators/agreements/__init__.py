"""Agreements with partners, their clients' accounts and overrides: how people change them."""
