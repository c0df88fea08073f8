"""What the catalogue says of tables: contacts, columns, comments, freshness, views."""
