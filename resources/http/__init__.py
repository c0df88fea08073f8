"""HTTP to outside systems: one client, its limits and retries, each response kept as received."""
