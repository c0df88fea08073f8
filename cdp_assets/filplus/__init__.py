"""Filecoin Plus compliance: landing of its sources and the assets made by Python."""
