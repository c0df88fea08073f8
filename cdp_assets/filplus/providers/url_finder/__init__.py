"""The URL finder: retrievability of providers, its daily snapshot, working addresses of pieces."""
