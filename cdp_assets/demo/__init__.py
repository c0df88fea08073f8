"""The demo: builds checked tables over a simulated world, from an empty machine."""
