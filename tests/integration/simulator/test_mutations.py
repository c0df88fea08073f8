"""Later hours, late rows, changed rows, deleted rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from cdp_assets.units import height_to_time
from resources.postgres.embedded_postgres import EmbeddedServer
from simulator.dmob.database import append_hour, appended_deals
from simulator.dmob.mutations import mutate
from tests.conftest import fresh_database
from tests.integration.simulator.conftest import AS_OF, SMALL, Connection, fingerprint, one_row

pytestmark = pytest.mark.integration

DEALS = "unified_verified_deal"
ALL = 'select "id", t::text from unified_verified_deal as t'


def _rows(connection: Connection) -> dict[int, str]:
    return dict(connection.execute(ALL).fetchall())


def _hour(height: Any) -> datetime:
    instant = height_to_time(int(height))
    return instant.replace(minute=0, second=0).astimezone(UTC)


def test_a_new_hour_holds_its_deals_with_ids_that_continue(copy: Connection) -> None:
    before = _rows(copy)
    ids = append_hour(copy, AS_OF, 200, seed=3)
    after = _rows(copy)
    assert sorted(set(after) - set(before)) == ids
    assert min(ids) > max(before)
    assert len(ids) == 200
    heights = copy.execute(
        f'select "termStart" from {DEALS} where "id" = any(%s) and "termStart" < 4294967295', (ids,)
    ).fetchall()
    assert len(heights) > 150
    assert {_hour(height) for (height,) in heights} == {AS_OF}
    assert {key: after[key] for key in before} == before


def test_a_new_hour_is_the_same_for_the_same_seed(
    server: EmbeddedServer, small_template: str
) -> None:
    prints = []
    for seed in (3, 3, 4):
        for dsn in fresh_database(server, small_template):
            with psycopg.connect(dsn, autocommit=True) as connection:
                append_hour(connection, AS_OF, 100, seed)
                prints.append(fingerprint(connection, DEALS))
    assert prints[0] == prints[1]
    assert prints[1] != prints[2]


def test_hours_follow_each_other_and_keep_to_the_pair_set(copy: Connection) -> None:
    first = append_hour(copy, AS_OF, 50, seed=3)
    second = append_hour(copy, AS_OF + timedelta(hours=1), 50, seed=4)
    assert min(second) > max(first)
    (strange,) = one_row(
        copy,
        f"""select count(*) from {DEALS} where ("clientId", "providerId") not in
            (select client_id, provider_id from simulation.pair)""",
    )
    assert strange == 0


def test_late_rows_have_new_ids_and_old_hours_and_nothing_else_changes(copy: Connection) -> None:
    before = _rows(copy)
    assert appended_deals(copy) == 0
    done = mutate(copy, seed=5, late=40)
    assert appended_deals(copy) == 40
    after = _rows(copy)
    assert set(done.late) == set(after) - set(before)
    assert min(done.late) > max(before)
    assert {key: after[key] for key in before} == before
    heights = copy.execute(
        f'select "termStart" from {DEALS} where "id" = any(%s)', (list(done.late),)
    ).fetchall()
    assert {_hour(height) for (height,) in heights} == set(done.hours)
    assert all(SMALL.start - timedelta(hours=1) < hour < SMALL.end for hour in done.hours)


def test_changed_rows_are_exactly_those_named_and_touch_old_and_new_hours(
    copy: Connection,
) -> None:
    query = f'select "id", "termStart" from {DEALS} where "termStart" < 4294967295'
    before, starts_before = _rows(copy), dict(copy.execute(query).fetchall())
    done = mutate(copy, seed=5, changed=120)
    after, starts_after = _rows(copy), dict(copy.execute(query).fetchall())
    changed = {key for key in before if before[key] != after.get(key)}
    assert len(done.changed) == 120
    assert changed <= set(done.changed)
    assert len(changed) > 110  # a drawn provider or client may be the one it had
    assert done.hours == {
        _hour(starts[key])
        for starts in (starts_before, starts_after)
        for key in done.changed
        if key in starts
    }


def test_every_kind_of_change_occurs(copy: Connection) -> None:
    columns = ("pieceSize", "pieceCid", "providerId", "clientId", "termStart", "dealId")
    named = ", ".join(f'"{column}"' for column in (*columns, "updatedAt"))
    query = f'select "id", {named} from {DEALS} order by "id"'
    before = copy.execute(query).fetchall()
    mutate(copy, seed=6, changed=120)
    after = copy.execute(query).fetchall()
    for place, column in enumerate((*columns, "updatedAt"), start=1):
        moved = sum(old[place] != new[place] for old, new in zip(before, after, strict=True))
        assert 3 < moved < 90, column


def test_deleted_rows_are_gone_and_their_hours_are_named(copy: Connection) -> None:
    starts = dict(copy.execute(f'select "id", "termStart" from {DEALS}').fetchall())
    done = mutate(copy, seed=7, deleted=30)
    assert set(starts) - set(_rows(copy)) == set(done.deleted)
    assert len(done.deleted) == 30
    assert done.hours == {
        _hour(starts[key])
        for key in done.deleted
        if starts[key] is not None and starts[key] != 4_294_967_295
    }


def test_the_same_seed_does_the_same_to_equal_databases(
    server: EmbeddedServer, small_template: str
) -> None:
    results = []
    for _ in range(2):
        for dsn in fresh_database(server, small_template):
            with psycopg.connect(dsn, autocommit=True) as connection:
                done = mutate(connection, seed=8, late=10, changed=20, deleted=10)
                results.append((done, fingerprint(connection, DEALS)))
    assert results[0] == results[1]


def test_a_database_of_another_origin_is_refused(database: Connection) -> None:
    with pytest.raises(ValueError, match=r"not created by simulator\.dmob\.database\.create_dmob"):
        mutate(database, seed=1, deleted=1)
