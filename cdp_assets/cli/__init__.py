"""The command line: everything that make does, and more, works through it."""
