"""Reading: parameters, pages and cursors, statements, data versions, cache, database."""
