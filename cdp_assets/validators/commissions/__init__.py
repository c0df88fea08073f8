"""Agreements with partners and the engine that turns P&L into commission lines (validator §7)."""
