"""Checks that no single run can evaluate: across tables, over a closed day, against history.

A run checks the rows that it wrote itself (dbt tests, ``piece_tables_checks``,
``reports.report_checks``, ``validators.canonical.checks``). Scope: the checks of one daily job; not
here: anything that writes a table.
"""
