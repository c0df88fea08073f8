"""The caller: claims as the database's row security sees them."""
