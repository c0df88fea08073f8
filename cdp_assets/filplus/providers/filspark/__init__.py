"""FilSpark: retrievals per provider and day."""
