"""The commission engine: pure functions from terms and amounts to lines (validator §7, §8)."""
