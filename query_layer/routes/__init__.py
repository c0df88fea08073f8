"""Routes: one file per noun, each route a few lines over the registry.

Scope: paths; not here: SQL, parsing or encoding.
"""
