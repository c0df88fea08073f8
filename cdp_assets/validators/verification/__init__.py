"""Whether the stored rows are what they should be: integrity, replay, reach of the sources."""
