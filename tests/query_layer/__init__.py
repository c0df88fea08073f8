"""Tests of the query layer: real Postgres as api_ro, an in-process client and real sockets."""
