"""One HTTP server for all sources: clock, control endpoint, faults, and what was requested."""
