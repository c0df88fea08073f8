"""The addresses of the live platform, in its own shapes (compliance.md §7), under ``/compat``.

An existing client moves by changing its base URL. Scope: the form of these addresses, their
parameters, statements, envelopes and errors; not here: ``/v1`` (``query_layer.registry``).
"""
