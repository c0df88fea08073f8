"""Postgres: which server, its life, connections, locks, migrations, and the ops contract."""
