"""Pages: the human view of what the routes return, rendered by the same service.

A page shows parts, each of which is a route of the registry with parameters; so scopes, filters,
order, paging, snapshot and numbers are those of the JSON. Scope: addresses under ``/pages``; not
here: what may be read (``query_layer.registry``) or reading it (``query_layer.read``).
"""
