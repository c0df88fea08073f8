"""What is stale, in which order it is brought up to date, and what a selection means."""
