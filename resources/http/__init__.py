"""HTTP to outside systems: one client, its limits and retries; each response stored as received."""
