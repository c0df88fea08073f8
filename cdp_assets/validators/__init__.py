"""Validators: chains and providers, periods, raw staging, versioned canonical tables, checks."""
