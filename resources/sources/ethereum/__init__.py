"""Clients of Ethereum's nodes, of MEV-Boost relays and of an explorer."""
