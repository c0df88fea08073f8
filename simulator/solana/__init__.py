"""A simulated chain, and the two services that are asked about it."""
