"""Pure rules: fees, identities, periods, and which source counts."""
