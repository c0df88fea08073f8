"""A source database of any size: eight relations, with the distributions and dirt of real ones."""
