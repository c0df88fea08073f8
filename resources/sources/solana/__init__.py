"""Clients of a Solana node and of the services that report about Solana's validators."""
