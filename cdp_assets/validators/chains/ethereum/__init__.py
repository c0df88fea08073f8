"""Ethereum: the order of requests behind each data type of a window, and reading them back."""
