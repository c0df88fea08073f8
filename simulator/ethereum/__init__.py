"""A simulated Ethereum chain, and the four kinds of service that report it."""
