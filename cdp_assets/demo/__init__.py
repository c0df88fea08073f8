"""The demo: a simulated world, from an empty machine to checked tables."""
