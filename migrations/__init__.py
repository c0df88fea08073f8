"""Numbered, transactional schema changes of everything that dbt does not build."""
