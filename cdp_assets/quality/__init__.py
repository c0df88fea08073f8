"""Checks that no single run can make: across tables, over a closed day, against history.

What a run can check of what it wrote is checked by that run (dbt tests, ``piece_tables_checks``,
``reports.report_checks``, ``validators.canonical.checks``). Belongs here: one daily job's checks.
Does not: anything that writes a table.
"""
