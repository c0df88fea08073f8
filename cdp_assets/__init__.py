"""The asset graph: what is computed, from what, when, and how it is checked."""
