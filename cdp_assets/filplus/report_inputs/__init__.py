"""Inputs of reports: facts of clients, allocators and providers, read in batches."""
