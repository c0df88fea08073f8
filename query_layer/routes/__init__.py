"""Routes: one file per noun, each route a few lines over the registry.

Belongs here: paths. Does not: SQL, parsing or encoding.
"""
