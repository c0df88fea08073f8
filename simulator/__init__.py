"""The outside world, offline: a DMOB database and one HTTP server, seeded and deterministic.

Scope: everything that simulates a source: its data, protocol, faults and clock; not here: clients
of the sources (``resources``), and anything that knows that it talks to a simulation. May import
``cdp_assets.units`` and nothing else of this project.
"""
