"""Monthly statements to partners: content, hash and proof (validator §9)."""
