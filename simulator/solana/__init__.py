"""A simulated chain, and the two services that report it."""
