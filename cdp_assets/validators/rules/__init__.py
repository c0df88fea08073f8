"""Pure rules: fees, identities, periods, and the priority of sources."""
