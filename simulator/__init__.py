"""The outside world, offline: a DMOB database and one HTTP server, seeded and deterministic.

Belongs here: everything that stands in for a source: its data, protocol, faults and clock.
Does not: clients of the sources (``resources``), and anything that knows it talks to a simulation.
May import ``cdp_assets.units`` and nothing else of this project.
"""
