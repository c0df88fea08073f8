"""Recomputation of commissions: 10 periods, 1,000 validators, 200 agreements (part validators).

Canonical rows are generated from counters; the first computation, one after a restatement of every
validator, and one without a change are measured. Scope: the world and the seconds; not here: bars
and text (``bench.report``), or fetching from chains.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from bench.machine import peak_mb
from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.validators.chain_assets.recompute_job import Recomputation, recompute
from cdp_assets.validators.chains.chain_registry import Registry, load_registry
from resources.postgres.embedded_postgres import create_database
from resources.postgres.warehouse import Warehouse

CHAIN = "solana-mainnet"
FIRST = 850
# Two versions of P&L and lines: those of the first computation, and those of the restated one.
WRITTEN = ("validators.validator_pnl", "validators.partner_commission_lines")
_VERSION = (
    "version, is_current, recorded_at, source_provider, normalized_at, config_hash, content_hash"
)
_VALUES = "1, true, '2026-01-01Z', 'bench', '2026-01-01Z', 'c', 'h'"
_EACH = "generate_series(1, %(validators)s) v, generate_series(%(first)s::int, %(last)s::int) p"
_WORLD = f"""
insert into validators.canonical_periods (chain_id, period_id, period_ordinal, period_type,
    start_slot, end_slot, start_ts, end_ts, status, {_VERSION})
select %(chain)s, p::text, p, 'EPOCH', p * 10, p * 10 + 9, timestamptz '2025-01-01Z'
    + (p - %(first)s) * interval '2 days', timestamptz '2025-01-03Z'
    + (p - %(first)s) * interval '2 days', 'FINAL', {_VALUES}
from generate_series(%(first)s::int, %(last)s::int + 3) p;
insert into validators.canonical_validator_identities (chain_id, period_id, validator_key, kind,
    value, {_VERSION})
select %(chain)s, p::text, 'V' || v, 'vote', 'V' || v, {_VALUES} from {_EACH};
insert into validators.canonical_validator_fees (chain_id, period_id, validator_key,
    total_fees_native, fee_count, blocks_produced, leader_slots, {_VERSION})
select %(chain)s, p::text, 'V' || v, 241071861667 + v * p, 1, 1, 1, {_VALUES} from {_EACH};
insert into validators.canonical_validator_mev (chain_id, period_id, validator_key,
    gross_mev_native, total_mev_native, {_VERSION})
select %(chain)s, p::text, 'V' || v, 88565530355, 6199587124 + v, {_VALUES} from {_EACH};
insert into validators.canonical_validator_meta (chain_id, period_id, validator_key,
    is_mev_enabled, total_stake_native, {_VERSION})
select %(chain)s, p::text, 'V' || v, true, 9722905981190890 + p, {_VALUES} from {_EACH};
insert into validators.canonical_stake_rewards (chain_id, period_id, validator_key, staker_address,
    commission_native, is_operator_owned, {_VERSION})
select %(chain)s, p::text, 'V' || v, '', 240394314937, false, {_VALUES} from {_EACH};
insert into validators.canonical_stake_rewards (chain_id, period_id, validator_key, staker_address,
    rewards_native, commission_native, stake_native, is_operator_owned, {_VERSION})
select %(chain)s, p::text, 'V' || ((a.place - 1) / 2 + 1), a.address, 500000000, 35000000,
    333333333333, false, {_VALUES}
from unnest(%(accounts)s::text[]) with ordinality a (address, place),
    generate_series(%(first)s::int, %(last)s::int) p;
"""
# Five validators of each agreement share fees, one rule of four has tiers over its lifetime, and
# each partner earns by the stake of its accounts.
_AGREEMENTS = """
insert into governance.introducers (introducer_id, name, is_active, created_at)
select md5('I' || i)::uuid, 'Partner ' || i, true, '2026-01-01Z'
from generate_series(1, %(agreements)s) i;
insert into governance.range_numbers (kind, owner, chain_id)
select 'agreement', 'A' || i, %(chain)s from generate_series(1, %(agreements)s) i;
insert into governance.agreements (agreement_id, introducer_id, name, status, created_at,
    created_by)
select 'A' || i, md5('I' || i)::uuid, 'A' || i, 'ACTIVE', '2026-01-01Z', 'bench'
from generate_series(1, %(agreements)s) i;
insert into governance.agreement_versions (agreement_id, version, chain_id, period_type,
    effective_from_period, rules, range_number, created_at, created_by, change_reason)
select 'A' || i, 1, %(chain)s, 'EPOCH', %(first)s, jsonb_build_array(
    jsonb_build_object('rule_id', 'fees', 'method', 'FIXED_SHARE', 'component', 'EXEC_FEES',
        'validators', (select jsonb_agg('V' || (i * 5 - n)) from generate_series(0, 4) n))
    || case when i %% 4 = 0 then jsonb_build_object('tier_window', 'LIFETIME', 'tiers',
        '[{"from_native": 0, "to_native": 1000000000000, "rate_bps": 500},
          {"from_native": 1000000000000, "to_native": null, "rate_bps": 750}]'::jsonb)
        else jsonb_build_object('rate_bps', 500) end,
    jsonb_build_object('rule_id', 'stake', 'method', 'STAKE_WEIGHT', 'component', 'COMMISSION',
        'rate_bps', 1250, 'validators',
        (select jsonb_agg('V' || (i * 5 - n)) from generate_series(0, 4) n))),
    r.range_number, '2026-01-01Z', 'bench', 'world of the bench'
from generate_series(1, %(agreements)s) i
join governance.range_numbers r on r.kind = 'agreement' and r.owner = 'A' || i;
insert into governance.clients (client_id, name, created_at)
select 'C' || i, 'Client ' || i, '2026-01-01Z' from generate_series(1, %(agreements)s) i;
insert into governance.range_numbers (kind, owner, chain_id)
select 'account', address, %(chain)s from unnest(%(accounts)s::text[]) address;
insert into governance.client_mappings (mapping_id, client_id, introducer_id, chain_id,
    staker_address, from_period, range_number, created_at, created_by)
select md5(address)::uuid, 'C' || partner, md5('I' || partner)::uuid, %(chain)s,
    address, %(first)s, r.range_number, '2026-01-01Z', 'bench'
from unnest(%(accounts)s::text[]) with ordinality a (address, place)
cross join lateral (
    select (place - 1) * %(agreements)s / cardinality(%(accounts)s::text[]) + 1
) p (partner)
join governance.range_numbers r on r.kind = 'account' and r.owner = address;
"""
_RESTATED = """
with closed as (
    update validators.canonical_validator_fees
    set is_current = false, superseded_at = '2026-01-02Z', superseded_by = 2
    where is_current returning *
)
insert into validators.canonical_validator_fees (chain_id, period_id, validator_key,
    total_fees_native, fee_count, blocks_produced, leader_slots, version, is_current, recorded_at,
    source_provider, normalized_at, config_hash, content_hash)
select chain_id, period_id, validator_key, total_fees_native + 1000, 1, 1, 1, 2, true,
    '2026-01-02Z', 'bench', '2026-01-02Z', 'c', 'h2'
from closed
"""


def measure(
    admin: str, template: str, periods: int, validators: int, agreements: int
) -> dict[str, Any]:
    """Return the seconds of each recomputation and what it wrote."""
    create_database(admin, "recomputation", template=template)
    url = psycopg.conninfo.make_conninfo(admin, dbname="recomputation")
    loaded = load_registry()
    chain = loaded.chain(CHAIN).model_copy(update={"operator_stake_accounts": {}})
    registry = loaded.model_copy(update={"chains": [chain]})
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select validators.add_chain(%s)", [CHAIN])
        _fill(connection, periods, validators, agreements)
        found: dict[str, Any] = {"first": _timed(url, registry, periods)}
        connection.execute(_RESTATED)
        connection.execute("analyze")
        found["restated"] = _timed(url, registry, periods)
        found["unchanged"] = _timed(url, registry, periods)
        row = connection.execute(
            "select count(*) from validators.partner_commission_lines where is_current"
        ).fetchone()
        assert row is not None
        found["lines"] = row[0]
        found["copy_seconds"] = copy_seconds(connection, WRITTEN)
    return {**found, "peak_mb": peak_mb()}


def copy_seconds(connection: psycopg.Connection, tables: Sequence[str]) -> float:
    """Return the seconds of a plain COPY of all rows of tables into tables without an index."""
    seconds = 0.0
    for place, table in enumerate(tables):
        source, target = sql.SQL(table), sql.Identifier(f"floor_{place}")  # type: ignore[arg-type]
        connection.execute(sql.SQL("create table {} (like {})").format(target, source))
        started = time.perf_counter()
        with (
            psycopg.connect(connection.info.dsn, password=connection.info.password) as other,
            other.cursor().copy(sql.SQL("copy (select * from {}) to stdout").format(source)) as out,
            connection.cursor().copy(sql.SQL("copy {} from stdin").format(target)) as into,
        ):
            for block in out:
                into.write(block)
        seconds += time.perf_counter() - started
    return round(seconds, 2)


def _fill(connection: psycopg.Connection, periods: int, validators: int, agreements: int) -> None:
    accounts = [f"S{number}" for number in range(agreements * 10)]
    values = {
        "chain": CHAIN,
        "first": FIRST,
        "last": FIRST + periods - 1,
        "validators": validators,
        "accounts": accounts,
    }
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(sql.SQL(_WORLD), values)  # type: ignore[arg-type]
        add_agreements(connection, agreements, accounts)
        cursor.execute("analyze")


def add_agreements(
    connection: psycopg.Connection, agreements: int, accounts: Sequence[str]
) -> None:
    """Add an agreement for each five of the validators ``V1``, ``V2`` …, each of one partner.

    Args:
        connection: Of the warehouse.
        agreements: How many.
        accounts: Stake accounts, the same number for each partner in the order of partners.
    """
    values = {
        "chain": CHAIN,
        "first": FIRST,
        "agreements": agreements,
        "accounts": list(accounts),
    }
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(sql.SQL(_AGREEMENTS), values)  # type: ignore[arg-type]


def _timed(url: str, registry: Registry, periods: int) -> dict[str, Any]:
    started, cpu = time.perf_counter(), time.process_time()
    done: Recomputation = recompute(
        DirectRun(),
        Warehouse(url=url),
        registry,
        registry.chains[0],
        str(FIRST),
        str(FIRST + periods - 1),
    )
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "cpu": round(time.process_time() - cpu, 2),
        "outcome": done.outcome,
        "versions": dict(done.versions),
    }


if __name__ == "__main__":
    print(json.dumps(measure(**json.loads(sys.argv[1]))))
