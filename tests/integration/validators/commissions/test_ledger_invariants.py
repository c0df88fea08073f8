"""Invariants of validator §11 that only a database can hold or break, as properties.

Each example has a database of its own, copied from the one template of the session.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cdp_assets.settings import publish_environment
from cdp_assets.validators.canonical.canonical_tables import FEES, IDENTITIES, META, MEV, REWARDS
from cdp_assets.validators.chains.chain_registry import Registry, load_registry
from resources.postgres.embedded_postgres import EmbeddedServer
from tests.conftest import fresh_database
from tests.integration.validators.payments import (
    JANUARY,
    NOW,
    Ledger,
    add_mapping,
    add_override,
    add_partner,
    add_periods,
    add_rows,
    add_version,
    fees,
    identity,
    meta,
    mev,
    reward,
)

PERIODS = (850, 851, 852)
NAMES = ("A", "B")
TABLES = ("validator_pnl", "partner_commission_lines")
# An example takes a fifth of a second and more; without a search for the smallest one that fails,
# a failure costs no more than a pass.
FEW = settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

Opened = Callable[[], Any]
Part = int | None
Parts = tuple[Part, Part, Part, Part]  # fees, MEV, rewards of the operator's stake, commission

_amounts = st.integers(0, 2**60) | st.sampled_from([0, 1, 2**53 + 1, 2**200])
_parts = st.tuples(
    st.none() | _amounts,
    st.none() | _amounts,
    st.none() | _amounts | st.integers(-(10**6), -1),
    st.none() | _amounts,
)
_months = st.lists(
    st.dictionaries(st.sampled_from(NAMES), _parts, min_size=1),
    min_size=len(PERIODS),
    max_size=len(PERIODS),
)


@st.composite
def _terms(draw: st.DrawFn) -> dict[str, Any]:
    """Rules whose rates add up to less than 100 %, floors, caps and an override."""
    edge = draw(st.integers(1, 2**61))
    bands = [
        {"from_native": 0, "to_native": edge, "rate_bps": draw(st.integers(0, 3_000))},
        {"from_native": edge, "to_native": None, "rate_bps": draw(st.integers(0, 3_000))},
    ]
    rules = [
        {
            "rule_id": "tiers",
            "method": draw(st.sampled_from(["FIXED_SHARE", "STAKE_WEIGHT"])),
            "component": "EXEC_FEES",
            "tiers": bands,
            "tier_mode": draw(st.sampled_from(["MARGINAL", "WHOLE"])),
            "tier_window": draw(st.sampled_from(["MONTH", "LIFETIME"])),
            "tier_scope": draw(st.sampled_from(["VALIDATOR", "AGREEMENT"])),
        },
        {
            "rule_id": "flat",
            "method": "CLIENT_REVENUE",
            "component": draw(st.sampled_from(["STAKE_REWARDS", "MEV_TIPS"])),
            "rate_bps": draw(st.integers(0, 6_000)),
        },
    ]
    scopes = st.sampled_from(["PERIOD", "MONTH"])
    bound = st.fixed_dictionaries({"scope": scopes, "amount_native": st.integers(0, 2**50)})
    bounds = {draw(st.sampled_from(["floors", "caps"])): [draw(bound)]}
    return {"rules": rules, "override": draw(st.none() | st.integers(0, 2**70)), **bounds}


@pytest.fixture
def opened(server: EmbeddedServer, chain_template: str) -> Opened:
    """Open a ledger in a database of its own: three periods of January 2025 and a partner."""
    loaded = load_registry()
    owned = {"operator_stake_accounts": {name: [f"own-{name}"] for name in NAMES}}
    chain = loaded.chains[0].model_copy(update=owned)
    registry: Registry = loaded.model_copy(update={"chains": [chain]})

    @contextmanager
    def open_one() -> Iterator[Ledger]:
        publish_environment({"CDP_AS_OF": NOW.isoformat(), "CDP_FX_SOURCE": ""})
        for dsn in fresh_database(server, chain_template):
            with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
                add_periods(cursor, PERIODS)
                # So that the finality lag of every component has passed for the three.
                add_periods(cursor, (853, 854), first_end=JANUARY + timedelta(days=40))
                add_partner(cursor)
                yield Ledger(dsn, registry, cursor)

    return open_one


def fill(ledger: Ledger, period: int, validators: dict[str, Parts]) -> None:
    """Write what sources say about a period; null: a first zero, or an amount that is absent."""
    names = sorted(validators)

    def known(build: Callable[..., Any], name: str, amount: Part) -> Any:
        if amount is None:
            return build(period, name, 0, *([0] if build is mev else []), "PROVISIONAL_ZERO")
        return build(period, name, amount)

    cursor = ledger.cursor
    add_rows(cursor, IDENTITIES, period, *(identity(period, name) for name in names))
    add_rows(cursor, FEES, period, *(known(fees, name, validators[name][0]) for name in names))
    add_rows(cursor, MEV, period, *(known(mev, name, validators[name][1]) for name in names))
    add_rows(cursor, META, period, *(meta(period, name, 1_000) for name in names))
    add_rows(
        cursor,
        REWARDS,
        period,
        *(reward(period, name, commission=validators[name][3]) for name in names),
        *(
            reward(period, name, f"own-{name}", net=validators[name][2], is_owned=True)
            for name in names
        ),
        *(reward(period, name, f"client-{name}", net=7, stake=300) for name in names),
    )


def agree(ledger: Ledger, terms: dict[str, Any]) -> None:
    """Add an agreement by drawn terms, its clients' accounts, and an override."""
    bounds = {key: terms[key] for key in ("floors", "caps") if key in terms}
    add_version(ledger.cursor, "A", *terms["rules"], **bounds)
    for name in NAMES:
        add_mapping(ledger.cursor, f"c-{name}", f"client-{name}")
    if terms["override"] is not None:
        add_override(ledger.cursor, "A", PERIODS[0], terms["override"])


def lines(ledger: Ledger) -> list[tuple[Any, ...]]:
    """Return the current lines with everything that they are computed to."""
    return ledger.query(
        "select period_id, line_id, final_amount_native, tiers::text, reason_code, inputs_hash, "
        "content_hash, computation_version from validators.partner_commission_lines "
        "where is_current order by 1, 2"
    )


@FEW
@given(_months)
def test_i3_the_stored_total_is_the_sum_of_its_four_parts_or_unknown(
    opened: Opened, months: list[dict[str, Parts]]
) -> None:
    with opened() as ledger:
        for period, validators in zip(PERIODS, months, strict=True):
            fill(ledger, period, validators)
        ledger.pnl(*PERIODS)
        for period, validators in zip(PERIODS, months, strict=True):
            found = ledger.query(
                "select validator_key, exec_fees_native, mev_tips_native, vote_rewards_native, "
                "commission_native, total_revenue_native, quality "
                "from validators.validator_pnl where period_id = %s order by 1",
                str(period),
            )
            assert found == [
                (name, *parts, None if None in parts else sum(part or 0 for part in parts),
                 "INCOMPLETE" if None in parts else "COMPLETE")
                for name, parts in sorted(validators.items())
            ]  # fmt: skip


@FEW
@given(_months, _terms())
def test_i4_computing_twice_writes_no_version_and_gives_equal_hashes(
    opened: Opened, months: list[dict[str, Parts]], terms: dict[str, Any]
) -> None:
    with opened() as ledger:
        for period, validators in zip(PERIODS, months, strict=True):
            fill(ledger, period, validators)
        agree(ledger, terms)
        ledger.compute(*PERIODS)
        once, versions = ledger.rows(), ledger.query("select * from ops.asset_version order by 1")
        again = ledger.compute(*PERIODS)
        assert {result.appended.written for result in again.values()} == {0}
        assert ledger.rows() == once
        assert ledger.query("select * from ops.asset_version order by 1") == versions
        assert ledger.stale() == []


@FEW
@given(_months, _terms())
def test_i6_periods_one_by_one_give_the_bytes_of_the_range(
    opened: Opened, months: list[dict[str, Parts]], terms: dict[str, Any]
) -> None:
    with opened() as ledger:
        for period, validators in zip(PERIODS, months, strict=True):
            fill(ledger, period, validators)
        agree(ledger, terms)
        ledger.compute(*PERIODS)
        together = lines(ledger)
        with ledger.cursor.connection.transaction():
            ledger.cursor.execute("set local session_replication_role = replica")
            ledger.cursor.execute("delete from validators.partner_commission_lines")
            ledger.cursor.execute("delete from ops.computed_inputs where asset_key like '%lines'")
        for period in PERIODS:
            ledger.lines(period)
        assert lines(ledger) == together


@FEW
@given(
    _months,
    _terms(),
    st.lists(
        st.tuples(
            st.sampled_from(PERIODS), st.dictionaries(st.sampled_from(NAMES), _parts, min_size=1)
        ),
        min_size=1,
        max_size=2,
    ),
)
def test_i9_no_row_ever_goes_and_no_past_ever_changes(
    opened: Opened,
    months: list[dict[str, Parts]],
    terms: dict[str, Any],
    restatements: list[tuple[int, dict[str, Parts]]],
) -> None:
    columns = {
        "validator_pnl": "period_id, validator_key, total_revenue_native, computation_version",
        "partner_commission_lines": "line_id, final_amount_native, computation_version, is_void",
    }
    with opened() as ledger:

        def as_of(table: str, hours: int) -> list[tuple[Any, ...]]:
            query = f"select {columns[table]} from validators.{table}_as_of(%s) order by 1, 2"
            return ledger.query(query, NOW + timedelta(hours=hours, minutes=30))

        def count(table: str) -> int:
            return int(ledger.query(f"select count(*) from validators.{table}")[0][0])

        for period, validators in zip(PERIODS, months, strict=True):
            fill(ledger, period, validators)
        agree(ledger, terms)
        ledger.compute(*PERIODS)
        seen = {(table, 0): as_of(table, 0) for table in TABLES}
        counts = {table: count(table) for table in TABLES}
        assert counts["validator_pnl"] == sum(len(validators) for validators in months)
        for hours, (period, validators) in enumerate(restatements, start=1):
            publish_environment({"CDP_AS_OF": (NOW + timedelta(hours=hours)).isoformat()})
            fill(ledger, period, validators)  # a validator that it lacks is gone
            ledger.compute(*PERIODS)
            for (table, at), rows in seen.items():
                assert as_of(table, at) == rows, (table, at)
            seen |= {(table, hours): as_of(table, hours) for table in TABLES}
            for table in TABLES:
                assert count(table) >= counts[table]
                counts[table] = count(table)
