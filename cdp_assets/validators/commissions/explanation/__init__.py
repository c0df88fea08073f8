"""Read-only views of lines: how one came about, and what other terms would pay (validator §14)."""
