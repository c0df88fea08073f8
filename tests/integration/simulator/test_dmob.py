"""A generated source database: equal rows for equal seeds, even rate, calibrated, with its dirt."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cdp_assets.units import FILPLUS_START_HEIGHT
from simulator.dmob.database import create_dmob, dmob_scale
from tests.integration.simulator.conftest import SMALL, Connection, fingerprint, one_row

pytestmark = pytest.mark.integration

RELATIONS = (
    "unified_verified_deal",
    "unique_providers",
    "dc_allocation_claim",
    "verifier",
    "verifier_allowance",
    "verified_client",
    "verified_client_allowance",
    "client_contract",
)
PLACEABLE = f'"termStart" >= {FILPLUS_START_HEIGHT} and "termStart" < 4294967295'
STARTED = f'{PLACEABLE} and "termStart" < {SMALL.end_height}'
CATALOGUE = """
    select 'column', table_name, ordinal_position::text, column_name,
        data_type || coalesce('/' || datetime_precision, ''), is_nullable,
        coalesce(column_default, '') || is_identity
    from information_schema.columns where table_schema = 'public'
    union all
    select 'index', tablename, indexname, indexdef, '', '', ''
    from pg_indexes where schemaname = 'public'
    union all
    select 'view', matviewname, definition, '', '', '', ''
    from pg_matviews where schemaname = 'public'
    order by 1, 2, 3, 4"""


def _pairs(connection: Connection) -> set[tuple[Any, ...]]:
    return set(connection.execute("select client_id, provider_id from simulation.pair").fetchall())


@pytest.mark.parametrize("relation", RELATIONS)
def test_every_relation_has_rows(dmob: Connection, relation: str) -> None:
    assert fingerprint(dmob, relation)[0] > 0


def test_relations_columns_types_and_indexes_are_those_of_the_specification(
    dmob: Connection, database: Connection, shared_data: Path
) -> None:
    ddl = shared_data.parent / "spec" / "source_ddl.sql"
    database.execute(ddl.read_text(encoding="utf-8"))
    ours = dmob.execute(CATALOGUE).fetchall()
    assert ours == database.execute(CATALOGUE).fetchall()
    assert len(ours) > 100


def test_the_same_scale_gives_the_same_rows_in_all_relations(
    dmob: Connection, database: Connection
) -> None:
    create_dmob(database, SMALL)
    for relation in RELATIONS:
        assert fingerprint(database, relation) == fingerprint(dmob, relation), relation


def test_another_seed_gives_other_rows(dmob: Connection, database: Connection) -> None:
    create_dmob(database, replace(SMALL, seed=12))
    for relation in set(RELATIONS) - {"unique_providers"}:
        assert fingerprint(database, relation) != fingerprint(dmob, relation), relation


def test_making_it_again_replaces_it(database: Connection) -> None:
    create_dmob(database, replace(SMALL, deals=3_000))
    create_dmob(database, replace(SMALL, deals=2_000))
    assert fingerprint(database, "unified_verified_deal")[0] == 2_000
    assert dmob_scale(database) == replace(SMALL, deals=2_000)


def test_relations_of_another_origin_are_left_alone(database: Connection) -> None:
    database.execute("create table public.verifier (id int)")
    with pytest.raises(ValueError, match="already holds verifier, not created by the simulator"):
        create_dmob(database, SMALL)
    assert fingerprint(database, "verifier")[0] == 0


def test_a_database_without_a_scale_is_recognised(database: Connection) -> None:
    assert dmob_scale(database) is None


def test_progress_counts_up_to_the_deals_asked_for(database: Connection) -> None:
    steps: list[tuple[str, int, int]] = []
    create_dmob(database, replace(SMALL, deals=3_000), lambda *step: steps.append(step))
    deals = [done for stage, done, total in steps if stage == "deals" and total == 3_000]
    assert deals == sorted(deals)
    assert deals[-1] == 3_000
    assert steps[-1] == ("ready", 3_000, 3_000)


def test_hours_have_an_even_rate(dmob: Connection) -> None:
    """A fiftieth is of earlier editions, nine in a hundred have no start."""
    low, high, hours = one_row(
        dmob,
        f"""
        select percentile_disc(0.05) within group (order by n),
            percentile_disc(0.95) within group (order by n), count(*)
        from (select floor("termStart" / 120), count(*) as n from unified_verified_deal
            where {STARTED} group by 1) as hours""",
    )
    expected = SMALL.deals * 0.98 * 0.909 / (42 * 24)
    assert hours == 42 * 24
    assert 0.5 * expected < low <= high < 1.6 * expected


def test_a_longer_history_at_the_same_rate_has_the_same_pairs_and_the_same_rate(
    dmob: Connection, database: Connection
) -> None:
    twice = replace(SMALL, deals=2 * SMALL.deals, start=SMALL.start - timedelta(days=42))
    create_dmob(database, twice)
    query = f'select count(*) from unified_verified_deal where {STARTED} and "termStart" >= %s'
    recent = SMALL.end_height - 28 * 2_880
    (short,), (long,) = one_row(dmob, query, recent), one_row(database, query, recent)
    assert _pairs(database) == _pairs(dmob)
    assert abs(long - short) < 0.03 * short


def test_all_deals_are_of_the_pair_set_and_all_pairs_occur(dmob: Connection) -> None:
    seen = dmob.execute(
        'select distinct "clientId", "providerId" from unified_verified_deal '
        'where "clientId" is not null and "providerId" is not null'
    ).fetchall()
    assert set(seen) == _pairs(dmob)


def test_ids_ascend_with_time_but_for_late_and_early_rows(dmob: Connection) -> None:
    near, late, early = one_row(
        dmob,
        f"""
        select avg((abs("termStart" - expected) <= 61)::int),
            avg(("termStart" < expected - 61)::int),
            avg(("termStart" > expected + 61)::int)
        from (
            select "termStart", %s + (row_number() over (order by "id") - 1) * %s as expected, "id"
            from unified_verified_deal where "id" > %s
        ) as deal
        where {PLACEABLE}""",
        SMALL.start_height,
        (SMALL.end_height - SMALL.start_height) / (SMALL.deals * 0.98),
        400 + 400 // 16,
    )
    assert near > 0.78
    assert 0.015 < late < 0.04
    assert 0.12 < early < 0.18


def test_the_real_dirt_is_there(dmob: Connection) -> None:
    found = one_row(
        dmob,
        """
        select count(*) filter (where "termStart" is null),
            count(*) filter (where "termStart" is null and "type" <> 'allocationRemoved'),
            count(*) filter (where "termStart" = 4294967295),
            count(*) filter (where "sectorId" = '0'),
            count(*) filter (where "sectorId" = 'null'),
            count(distinct "type"),
            count(*) filter (where "slashedEpoch" <> 0),
            count(*) filter (where "clientId" is null),
            count(*) filter (where "providerId" is null),
            count(*) filter (where "pieceCid" is null),
            count(*) filter (where "createdAt" < to_timestamp(30 * "termStart" + 1598306400)
                at time zone 'UTC' and "termStart" < 4294967295),
            count(*) filter (where "termStart" between %s and %s)
        from unified_verified_deal""",
        SMALL.end_height,
        SMALL.end_height + 3 * 2_880,
    )
    assert found[1] == 0
    assert found[5] == 7
    for place, count in enumerate(found):
        if place != 1:
            assert count > 0, place


def test_rows_were_back_filled_in_one_go(dmob: Connection) -> None:
    (most,) = one_row(
        dmob,
        "select max(n) from (select count(*) as n from unified_verified_deal "
        'group by "createdAt") as instants',
    )
    assert most > 4_000


def test_without_dirt_every_row_can_be_placed(database: Connection) -> None:
    create_dmob(database, replace(SMALL, deals=5_000, dirt=False))
    found = one_row(
        database,
        """
        select count(*) filter (where "termStart" is null or "termStart" = 4294967295),
            count(*) filter (where "clientId" is null or "providerId" is null),
            count(*) filter (where "pieceCid" is null)
        from unified_verified_deal""",
    )
    assert found == (0, 0, 0)


def test_two_thirds_of_current_deals_are_direct_and_pieces_are_mostly_32_gib(
    dmob: Connection,
) -> None:
    direct, usual, double = one_row(
        dmob,
        f"""
        select avg(("dealId" = 0)::int), avg(("pieceSize" = 34359738368)::int),
            avg(("pieceSize" = 68719476736)::int)
        from unified_verified_deal where {PLACEABLE}""",
    )
    assert abs(float(direct) - 0.665) < 0.02
    assert abs(float(usual) - 0.867) < 0.02
    assert abs(float(double) - 0.091) < 0.02


def test_pieces_look_real_and_have_replicas_duplicates_and_sharing(dmob: Connection) -> None:
    strange, replicas, duplicates, sharing, two_sizes = one_row(
        dmob,
        f"""
        select
            (select count(*) from unified_verified_deal
                where "pieceCid" !~ '^baga6ea4seaq[a-p][a-z2-7]{{50}}[aiqy]$'),
            (select count(*) from (select "clientId", "pieceCid" from unified_verified_deal
                where {PLACEABLE} group by 1, 2 having count(distinct "providerId") > 1) as r),
            (select count(*) from (select "providerId", "clientId", "pieceCid"
                from unified_verified_deal where {PLACEABLE} group by 1, 2, 3
                having count(*) > 1) as d),
            (select count(*) from (select "pieceCid" from unified_verified_deal
                where {PLACEABLE} group by 1 having count(distinct "clientId") > 1) as s),
            (select count(*) from (select "pieceCid" from unified_verified_deal
                where {PLACEABLE} group by 1 having count(distinct "pieceSize") > 1) as z)""",
    )
    assert strange == 0
    assert replicas > 500
    assert duplicates > 10
    assert sharing > 0
    assert two_sizes > 0


def test_providers_are_refreshed_null_included(dmob: Connection) -> None:
    known, nulls = one_row(
        dmob,
        'select count("providerId"), count(*) filter (where "providerId" is null) '
        "from unique_providers",
    )
    assert known == SMALL.providers
    assert nulls == 1


def test_grants_lie_on_both_sides_of_the_current_edition(dmob: Connection) -> None:
    for table in ("verifier_allowance", "verified_client_allowance"):
        before, after = one_row(
            dmob,
            f"""select count(*) filter (where "height" < {FILPLUS_START_HEIGHT}),
                count(*) filter (where "height" >= {FILPLUS_START_HEIGHT}) from {table}""",
        )
        assert before > 10
        assert after > 10


def test_some_old_datacap_is_left_with_allocators_and_clients(dmob: Connection) -> None:
    allocators, clients = one_row(
        dmob,
        f"""
        with received as (
            select "addressId" as id, sum("allowance") as total from verifier_allowance
            where "height" < {FILPLUS_START_HEIGHT} group by 1
        ), given as (
            select "verifierAddressId" as id, sum("allowance") as total
            from verified_client_allowance where "height" < {FILPLUS_START_HEIGHT} group by 1
        ), held as (
            select "addressId" as id, sum("allowance") as total
            from verified_client_allowance where "height" < {FILPLUS_START_HEIGHT} group by 1
        ), used as (
            select 'f0' || "clientId" as id, sum("pieceSize") as total
            from unified_verified_deal where "termStart" < {FILPLUS_START_HEIGHT} group by 1
        )
        select
            (select count(*) from received join given using (id)
                where received.total > given.total),
            (select count(*) from held left join used using (id)
                where held.total > coalesce(used.total, 0))""",
    )
    assert allocators > 3
    assert clients > 3


def test_registers_agree_but_for_the_sums_that_the_source_has_wrong(dmob: Connection) -> None:
    wrong_allocators, allocators, wrong_clients, clients, negative = one_row(
        dmob,
        """
        select
            (select count(*) from verifier as v where "initialAllowance" <> coalesce((
                select sum("allowance") from verifier_allowance as a
                where a."addressId" = v."addressId"), 0)),
            (select count(*) from verifier),
            (select count(*) from verified_client as c where "initialAllowance" <> coalesce((
                select sum("allowance") from verified_client_allowance as a
                where a."addressId" = c."addressId"
                and a."verifierAddressId" = c."verifierAddressId"), 0)),
            (select count(*) from verified_client),
            (select count(*) from verified_client where "allowance" < 0)""",
    )
    assert 0 < wrong_allocators < allocators / 4
    assert 0 < wrong_clients < clients / 20
    assert negative == 0


def test_grants_of_an_allocator_never_exceed_what_it_received(dmob: Connection) -> None:
    (over,) = one_row(
        dmob,
        """
        select count(*)
        from (select "verifierAddressId" as id, sum("allowance") as given
            from verified_client_allowance group by 1) as g
        join (select "addressId" as id, sum("allowance") as received
            from verifier_allowance group by 1) as r using (id)
        where given > received""",
    )
    assert over == 0


def test_allocators_are_of_all_kinds_and_virtual_ones_name_their_source(dmob: Connection) -> None:
    meta, virtual, removed, orphans, spellings, sources, negative, zero = one_row(
        dmob,
        """
        select
            (select count(*) from verifier where "isMetaAllocator"),
            (select count(*) from verifier where "isVirtual"),
            (select count(*) from verifier where "removed"),
            (select count(*) from verifier as v where "isVirtual" and not exists (
                select 1 from verifier as m where m."isMetaAllocator"
                and lower(m."addressEth") = lower(v."dcSource"))),
            (select count(distinct "dcSource") from verifier_allowance),
            (select count(distinct lower("dcSource")) from verifier_allowance),
            (select count(*) from verifier_allowance where "allowance" < 0),
            (select count(*) from verifier_allowance where "allowance" = 0)""",
    )
    assert min(meta, virtual, removed, negative, zero) > 0
    assert orphans == 0
    assert spellings > sources


def test_some_clients_have_several_allocators_and_some_rows_no_client(dmob: Connection) -> None:
    several, nameless = one_row(
        dmob,
        """
        select
            (select count(*) from (select 1 from verified_client where "addressId" <> ''
                group by "addressId" having count(*) > 1) as c),
            (select count(*) from verified_client where coalesce("addressId", '') = '')""",
    )
    assert several > 2
    assert nameless == 2


def test_every_client_with_deals_has_grants_that_cover_them(dmob: Connection) -> None:
    uncovered, total = one_row(
        dmob,
        """
        select count(*) filter (where used > coalesce(granted, 0)), count(*)
        from (select 'f0' || "clientId" as id, sum("pieceSize") as used
            from unified_verified_deal where "clientId" is not null group by 1) as u
        left join (select "addressId" as id, sum("allowance") as granted
            from verified_client_allowance group by 1) as g using (id)""",
    )
    assert total == SMALL.clients
    assert uncovered <= 0.05 * total  # use is estimated from the client's share of the draw


def test_claim_events_hold_allocations_and_claims_of_known_clients(dmob: Connection) -> None:
    allocations, claims, strangers = one_row(
        dmob,
        """
        select count(*) filter (where "type" = 'allocation'),
            count(*) filter (where "type" <> 'allocation'),
            count(*) filter (where 'f0' || "clientId" not in (
                select "addressId" from verified_client where "addressId" is not null))
        from dc_allocation_claim where "clientId" is not null""",
    )
    assert allocations > 0
    assert claims > 0
    assert strangers == 0


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"deals": 0}, "at least 1 deal"),
        ({"allocators": 7}, "8 allocators"),
        ({"providers": 200_000}, "at most 180000 providers"),
        ({"start": SMALL.end}, "start must be before end"),
        ({"start": SMALL.start.replace(tzinfo=None)}, "need a time zone"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_impossible_scale_is_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        replace(SMALL, **change)
