"""Filecoin Plus compliance: landing of its sources and the assets built in Python."""
