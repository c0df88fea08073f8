"""Landing of the source database DMOB: only what changed, compared by blocks of ids."""
