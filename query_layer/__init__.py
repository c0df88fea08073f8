"""The query layer: a read-only HTTP service over the warehouse, started apart from Dagster.

It logs in as a role that may only select, builds every response from the views of ``api_v1`` and
the tables of ``ops``, and imports nothing of the asset graph. Scope: reading and responding; not
here: anything that changes state (a Dagster job), or a sum (a mart).
"""

API_VERSION = "1.0.0"  # version of the contract under /v1, not of the package
