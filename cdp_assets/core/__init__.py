"""What is true for any domain: tables, runs, checks, planning, ingestion, dbt."""
