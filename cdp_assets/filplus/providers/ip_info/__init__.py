"""Where providers are, by the addresses that they publish."""
