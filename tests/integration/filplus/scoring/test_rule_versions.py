"""Versions of the rules that a warehouse remembers, across the migration that extends them."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.types.json import Jsonb

from cdp_assets.filplus.scoring.rules import load_rules
from resources.postgres import migrator

pytestmark = pytest.mark.integration
_SINCE = "0018"


def test_a_version_of_before_gets_the_lines_through_scores_and_stays_known(empty_dsn: str) -> None:
    migrator.migrate(empty_dsn)
    later = [m.revision for m in migrator.status(empty_dsn) if m.revision >= _SINCE]
    migrator.migrate_down(empty_dsn, len(later))
    rules = load_rules().versions[0]
    content = {name: value for name, value in rules.content().items() if name != "derived"}
    known = "select content_hash, rules from filplus.rule_version"
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        connection.execute(
            "insert into filplus.rule_version values (1, 'of before', '2024-03-01', %s, now())",
            [Jsonb(content)],
        )
        migrator.migrate(empty_dsn)
        assert connection.execute(known).fetchall() == [(rules.content_hash, rules.content())]
        with pytest.raises(psycopg.errors.RaiseException, match="never change"):
            connection.execute("delete from filplus.rule_version")
        migrator.migrate_down(empty_dsn, len(later))
        assert connection.execute("select rules from filplus.rule_version").fetchall() == [
            (content,)
        ]
