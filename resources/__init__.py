"""Clients of outside systems: one typed client per system, with its time-outs and retry class."""
