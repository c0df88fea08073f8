"""From stored payloads to canonical tables, with their checks and texts."""
