"""Rows that P&L and commissions are computed from, written as their writers would."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.validators.canonical.canonical_tables import FEES, IDENTITIES, META, MEV, REWARDS
from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_plan import stale_periods
from cdp_assets.validators.periods.period_runner import PeriodResult
from cdp_assets.validators.storage.versioned_append import (
    Stamp,
    VersionedRow,
    VersionedTable,
    append_versions,
)
from resources.postgres.warehouse import Warehouse

CHAIN = "solana-mainnet"
PARTNER = "11111111-1111-4111-8111-111111111111"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
JANUARY = datetime(2025, 1, 1, tzinfo=UTC)
EPOCH = timedelta(days=2)
RULE: dict[str, Any] = {
    "rule_id": "r1",
    "method": "FIXED_SHARE",
    "component": "EXEC_FEES",
    "rate_bps": 500,
}


def add_periods(
    cursor: psycopg.Cursor[Any],
    ordinals: Iterable[int],
    *,
    first_end: datetime = JANUARY,
    status: str = "FINAL",
) -> None:
    """Add periods of two days; the first one ends at an instant."""
    for place, ordinal in enumerate(ordinals):
        end = first_end + place * EPOCH
        cursor.execute(
            "insert into validators.canonical_periods (chain_id, period_id, period_ordinal, "
            "period_type, start_slot, end_slot, start_ts, end_ts, status, version, is_current, "
            "recorded_at, source_provider, normalized_at, config_hash, content_hash) "
            "values (%s, %s, %s, 'EPOCH', %s, %s, %s, %s, %s, 1, true, %s, 'test', %s, 'c', 'h')",
            [CHAIN, str(ordinal), ordinal, ordinal * 10, ordinal * 10 + 9, end - EPOCH,
             None if status == "OPEN" else end, status, NOW, NOW],
        )  # fmt: skip


def add_partner(cursor: psycopg.Cursor[Any], introducer_id: str = PARTNER) -> None:
    """Add a partner with a number for its ranges."""
    cursor.execute(
        "insert into governance.introducers values (%s, 'Partner', null, null, true, %s)",
        [introducer_id, NOW],
    )
    cursor.execute(
        "insert into governance.range_numbers (kind, owner, chain_id) values ('account', %s, %s)",
        [introducer_id, CHAIN],
    )


def add_version(
    cursor: psycopg.Cursor[Any],
    agreement_id: str,
    *rules: dict[str, Any],
    start: int = 850,
    end: int | None = None,
    number: int = 1,
    floors: Sequence[dict[str, Any]] = (),
    caps: Sequence[dict[str, Any]] = (),
    introducer_id: str = PARTNER,
) -> None:
    """Add a version of an agreement, and the agreement with its first one."""
    if number == 1:
        cursor.execute(
            "insert into governance.agreements values (%s, %s, %s, 'ACTIVE', %s, 'u')",
            [agreement_id, introducer_id, agreement_id, NOW],
        )
        cursor.execute(
            "insert into governance.range_numbers (kind, owner, chain_id) "
            "values ('agreement', %s, %s)",
            [agreement_id, CHAIN],
        )
    cursor.execute(
        "insert into governance.agreement_versions values (%s, %s, %s, 'EPOCH', %s, %s, %s, %s, "
        "%s, (select range_number from governance.range_numbers where kind = 'agreement' "
        "and owner = %s), %s, 'u', 'because of a test')",
        [
            agreement_id, number, CHAIN, start, end, json.dumps(list(rules) or [RULE]),
            json.dumps(list(floors)), json.dumps(list(caps)), agreement_id, NOW,
        ],
    )  # fmt: skip


def add_override(
    cursor: psycopg.Cursor[Any],
    agreement_id: str,
    period: int,
    amount: int,
    *,
    seen: int | None = None,
    created_at: datetime = NOW,
    validator: str | None = None,
    component: str | None = None,
) -> str:
    """Add an override of a period; return its id."""
    override_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{agreement_id}{period}{amount}{created_at}"))
    cursor.execute(
        "insert into governance.overrides (override_id, agreement_id, chain_id, period_id, "
        "amount_native, reason, pre_override_native, created_at, created_by, validator_key, "
        "component) values (%s, %s, %s, %s, %s, 'goodwill of a test', %s, %s, 'user-1', %s, %s)",
        [
            override_id, agreement_id, CHAIN, str(period), amount, seen, created_at, validator,
            component,
        ],
    )  # fmt: skip
    return override_id


def add_rows(
    cursor: psycopg.Cursor[Any], table: VersionedTable, period: int, *rows: VersionedRow
) -> None:
    """Make rows the current ones of a canonical table and period, and publish the partition."""
    with cursor.connection.transaction():
        append_versions(cursor, table, CHAIN, [str(period)], rows, Stamp(NOW, "config"))
    key = f"validators/solana_mainnet/{table.name}"
    cursor.execute(
        "insert into ops.asset_partition_status (asset_key, partition_key, state, is_final, "
        "version) values (%s, %s, 'MATERIALIZED', true, ops.bump_version(%s, 'test')) "
        "on conflict (asset_key, partition_key) do update set version = excluded.version",
        [key, str(period), key],
    )


def identity(period: int, validator: str) -> VersionedRow:
    return VersionedRow((str(period), validator, "vote", validator), (), ("test", None))


def fees(period: int, validator: str, total: int, *flags: str) -> VersionedRow:
    return VersionedRow(
        (str(period), validator), (total, 1, None, None, 1, 1), ("test", None), flags
    )


def mev(
    period: int, validator: str, share: int, gross: int | None = None, *flags: str
) -> VersionedRow:
    values = (share if gross is None else gross, share, None, None, None)
    return VersionedRow((str(period), validator), values, ("test", None), flags)


def reward(
    period: int,
    validator: str,
    account: str = "",
    *,
    net: int | None = None,
    commission: int | None = None,
    stake: int | None = None,
    is_owned: bool = False,
) -> VersionedRow:
    values = (net, None, commission, stake, is_owned)
    return VersionedRow((str(period), validator, account), values, ("test", None))


def meta(
    period: int, validator: str, stake: int | None = None, *, is_mev_enabled: bool | None = True
) -> VersionedRow:
    values = (None, None, is_mev_enabled, stake, None, None, None, None)
    return VersionedRow((str(period), validator), values, ("test", None))


def add_validators(
    cursor: psycopg.Cursor[Any], period: int, stake: int = 1000, **fees_of: int | None
) -> None:
    """Add validators whose fees are given, null for not final, and whose other parts are 0."""
    names = sorted(fees_of)
    known = [
        (name, 0, "PROVISIONAL_ZERO") if amount is None else (name, amount)
        for name, amount in fees_of.items()
    ]
    add_rows(cursor, IDENTITIES, period, *(identity(period, name) for name in names))
    add_rows(cursor, FEES, period, *(fees(period, *one) for one in known))
    add_rows(cursor, MEV, period, *(mev(period, name, 0) for name in names))
    add_rows(cursor, META, period, *(meta(period, name, stake) for name in names))
    rows = (reward(period, name, commission=0) for name in names)
    add_rows(cursor, REWARDS, period, *rows)


def add_mapping(
    cursor: psycopg.Cursor[Any],
    client: str,
    account: str,
    *,
    start: int = 0,
    end: int | None = None,
    introducer_id: str = PARTNER,
) -> None:
    """Map a stake account to a client of a partner."""
    cursor.execute(
        "insert into governance.clients values (%s, %s, %s) on conflict do nothing",
        [client, client, NOW],
    )
    cursor.execute(
        "insert into governance.range_numbers (kind, owner, chain_id) values ('account', %s, %s) "
        "on conflict do nothing",
        [account, CHAIN],
    )
    cursor.execute(
        "insert into governance.client_mappings values (%s, %s, %s, %s, %s, %s, %s, "
        "(select range_number from governance.range_numbers "
        "where kind = 'account' and owner = %s), %s, 'u')",
        [
            uuid.uuid5(uuid.NAMESPACE_OID, f"{client}{account}{start}"), client, introducer_id,
            CHAIN, account, start, end, account, NOW,
        ],
    )  # fmt: skip


@dataclass
class Ledger:
    """A warehouse with periods 850 to 859, a partner, and short ways to compute."""

    dsn: str
    registry: Registry
    cursor: psycopg.Cursor[Any]
    runs: int = 0

    @property
    def chain(self) -> Chain:
        return self.registry.chains[0]

    @property
    def keys(self) -> ChainKeys:
        return ChainKeys(self.chain.key_name)

    def compute(self, *periods: int) -> dict[str, PeriodResult]:
        """Compute client stakes, P&L and lines of periods; return what was done to the lines."""
        self.run(self.keys.client_stakes, periods)
        self.run(self.keys.pnl, periods)
        return self.lines(*periods)

    def lines(self, *periods: int) -> dict[str, PeriodResult]:
        return self.run(self.keys.lines, periods)

    def pnl(self, *periods: int) -> dict[str, PeriodResult]:
        return self.run(self.keys.pnl, periods)

    def run(self, key: str, periods: Sequence[int]) -> dict[str, PeriodResult]:
        """Do one step of periods in one run, as its asset does."""
        self.runs += 1
        _, done = period_steps_of(self.registry, self.chain)[key].run(
            DirectRun(f"run-{self.runs}"),
            Warehouse(url=self.dsn),
            self.registry,
            self.chain,
            ChainSources(tries=1),
            [str(period) for period in periods],
        )
        return done

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        self.cursor.execute(statement.encode(), values or None)
        return self.cursor.fetchall()

    def finals(self, period: int) -> dict[str, int | None]:
        """Final amount by validator, or kind for lines of no validator."""
        rows = self.query(
            "select coalesce(validator_key, line_kind), final_amount_native "
            "from validators.partner_commission_lines "
            "where period_id = %s and is_current and not is_void order by 1",
            str(period),
        )
        return {name: None if amount is None else int(amount) for name, amount in rows}

    def stale(self) -> list[str]:
        """Periods whose lines are stale."""
        inputs = period_steps_of(self.registry, self.chain)[self.keys.lines].inputs
        periods = [row[0] for row in self.query(
            "select period_id from validators.canonical_periods where is_current order by 1"
        )]  # fmt: skip
        found = stale_periods(self.cursor.connection, self.keys.lines, inputs, periods)
        return [period for period, reason in found if reason != "missing"]

    def rows(self) -> list[tuple[Any, ...]]:
        """Every version of every line, for comparing bytes."""
        return self.query("select l::text from validators.partner_commission_lines l order by 1")
