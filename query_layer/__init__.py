"""The query layer: a read-only HTTP service over the warehouse, started apart from Dagster.

It logs in as a role that may only select, makes every answer out of the views of ``api_v1`` and the
tables of ``ops``, and imports nothing of the asset graph. Belongs in this package: reading and
answering. Does not: anything that changes state (a Dagster job), or a sum (a mart).
"""

API_VERSION = "1.0.0"  # version of the contract under /v1, not of the package
