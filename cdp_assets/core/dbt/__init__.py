"""dbt's models as assets, their tests as checks, and the lineage of their columns."""
