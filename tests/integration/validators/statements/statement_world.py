"""A warehouse with periods, lines, an agreement and people, and short ways to decide."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.governance.change_job import Change
from cdp_assets.governance.people import require_actor
from cdp_assets.settings import publish_environment
from cdp_assets.validators.canonical.canonical_tables import PERIODS
from cdp_assets.validators.chains.chain_registry import Chain, Registry, load_registry
from cdp_assets.validators.commissions.engine.lines import LineKey, LineKind
from cdp_assets.validators.commissions.line_table import EARNED_LINES, LINES
from cdp_assets.validators.statements.drafting import Drafted
from cdp_assets.validators.statements.readiness import inputs_of_lines
from cdp_assets.validators.statements.statement_asset import draft_months
from cdp_assets.validators.statements.statement_job import StatementForm, change_statement
from cdp_assets.validators.statements.statement_store import Statement, find_statement
from cdp_assets.validators.statements.states import Action, right_of
from cdp_assets.validators.storage.versioned_append import (
    Appended,
    Stamp,
    Value,
    VersionedRow,
    append_versions,
)
from resources.postgres.ops_status import Publication, input_versions, publish
from resources.postgres.warehouse import Warehouse

CHAIN = "solana-mainnet"
LINES_KEY = "validators/solana_mainnet/partner_commission_lines"
P1 = uuid.UUID("11111111-1111-4111-8111-111111111111")
P2 = uuid.UUID("22222222-2222-4222-8222-222222222222")
NOW = datetime(2025, 9, 10, 12, tzinfo=UTC)
ADMIN, ANN, BOB, CAT = "admin@x.org", "ann@x.org", "bob@x.org", "cat@x.org"
PEOPLE = {ADMIN: "admin", ANN: "finance", BOB: "finance", CAT: "finance", "ops@x.org": "ops"}
RULE = {
    "rule_id": "r1",
    "method": "FIXED_SHARE",
    "component": "EXEC_FEES",
    "rate_bps": 500,
    "validators": "all",
}
REASON = "monthly closing of the books"
# Three periods end in 2025-08 and one in 2025-09; the first begins in July.
ENDS: dict[str, datetime] = {
    "840": datetime(2025, 8, 2, tzinfo=UTC),
    "841": datetime(2025, 8, 10, tzinfo=UTC),
    "842": datetime(2025, 8, 31, 23, 59, 59, tzinfo=UTC),
    "843": datetime(2025, 9, 2, tzinfo=UTC),
}
# Of later months, for tests in which those are over.
LATER: dict[str, datetime] = {
    "850": datetime(2025, 10, 2, tzinfo=UTC),
    "860": datetime(2025, 11, 2, tzinfo=UTC),
    "870": datetime(2025, 12, 2, tzinfo=UTC),
}


@dataclass
class StatementWorld:
    """What a test of statements works with."""

    dsn: str
    registry: Registry = field(default_factory=load_registry)
    now: datetime = NOW
    runs: int = 0

    @property
    def chain(self) -> Chain:
        return self.registry.chains[0]

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(url=self.dsn)

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def run(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement.encode(), values)

    def add_people(self) -> None:
        """Add a user for each role that matters, and two partners."""
        for email, role in PEOPLE.items():
            self.run(
                "insert into governance.users (user_id, email, role, created_at) "
                "values (%s, %s, %s, %s)",
                uuid.uuid5(uuid.NAMESPACE_URL, email), email, role, NOW,
            )  # fmt: skip
        for partner, name in ((P1, "Alpha"), (P2, "=Łódź & Co")):
            self.run(
                "insert into governance.introducers (introducer_id, name, created_at) "
                "values (%s, %s, %s)",
                partner, name, NOW,
            )  # fmt: skip

    def add_agreement(
        self,
        agreement_id: str,
        partner: uuid.UUID,
        first: int = 840,
        last: int | None = None,
        *,
        period_type: str = "EPOCH",
        floors: Sequence[dict[str, Any]] = (),
    ) -> None:
        """Add an active agreement over a range of periods, its end exclusive."""
        self.run(
            "insert into governance.agreements values (%s, %s, %s, 'ACTIVE', %s, 'test')",
            agreement_id, partner, agreement_id, NOW,
        )  # fmt: skip
        self.run(
            "with numbered as (insert into governance.range_numbers (kind, owner, chain_id) "
            "values ('agreement', %s, %s) returning range_number) "
            "insert into governance.agreement_versions (agreement_id, version, chain_id, "
            "period_type, effective_from_period, effective_to_period, rules, floors, "
            "range_number, created_at, created_by, change_reason) select %s, 1, %s, %s, %s, %s, "
            "%s, %s, range_number, %s, 'test', 'test' from numbered",
            agreement_id, CHAIN, agreement_id, CHAIN, period_type, first, last, Jsonb([RULE]),
            Jsonb(list(floors)), NOW,
        )  # fmt: skip

    def write_periods(
        self, ends: Mapping[str, datetime] = ENDS, status: Mapping[str, str] | None = None
    ) -> None:
        """Write periods with their ends, FINAL where nothing else is said."""
        rows = []
        for period, end in ends.items():
            number = int(period)
            known: dict[str, Value] = {
                "period_ordinal": number,
                "period_type": "EPOCH",
                "start_slot": number * 432_000,
                "end_slot": number * 432_000 + 431_999,
                "start_ts": end,
                "end_ts": end,
                "status": (status or {}).get(period, "FINAL"),
            }
            values = tuple(known.get(column) for column in PERIODS.values)
            rows.append(VersionedRow((period,), values, ("solana_rpc", None)))
        with psycopg.connect(self.dsn) as connection, connection.cursor() as cursor:
            append_versions(cursor, PERIODS, CHAIN, list(ends), rows, Stamp(self.now, "c"))

    def earn(
        self,
        period: str,
        amounts: Mapping[str, int | None],
        *,
        partner: uuid.UUID = P1,
        agreement: str = "A",
        override_by: Mapping[str, str] | None = None,
        others: Sequence[VersionedRow] = (),
        month: datetime | None = None,
    ) -> Appended:
        """Write what agreements yield for a period: one line per validator; publish it."""
        rows = [
            self.line(period, validator, amount, partner, agreement, override_by, month)
            for validator, amount in amounts.items()
        ]
        with psycopg.connect(self.dsn) as connection, connection.cursor() as cursor:
            done = append_versions(
                cursor,
                LINES,
                CHAIN,
                [period],
                [*rows, *others],
                Stamp(self.now, "c"),
                EARNED_LINES,
            )
            self._publish(cursor, period, len(rows), changed=done.written > 0)
        return done

    def line(
        self,
        period: str,
        validator: str,
        amount: int | None,
        partner: uuid.UUID = P1,
        agreement: str = "A",
        override_by: Mapping[str, str] | None = None,
        month: datetime | None = None,
    ) -> VersionedRow:
        """Return one line of kind ATTRIBUTION."""
        author = (override_by or {}).get(validator)
        known: dict[str, Value] = {
            "month": (month or {**ENDS, **LATER}[period]).strftime("%Y-%m"),
            "agreement_id": agreement,
            "agreement_version": 1,
            "introducer_id": partner,
            "validator_key": validator,
            "rule_id": "r1",
            "line_kind": "ATTRIBUTION",
            "revenue_component": "EXEC_FEES",
            "attribution_method": "FIXED_SHARE",
            "pre_override_amount_native": amount,
            "override_amount_native": amount if author else None,
            "override_user_id": author,
            "final_amount_native": amount,
            "quality": "INCOMPLETE" if amount is None else "COMPLETE",
        }
        values = tuple(known.get(column) for column in LINES.values)
        key = line_key(period, validator, agreement)
        return VersionedRow((period, key.line_id), values, ("inputs", "1"))

    def price(self, period: str, validator: str, price: str, quality: str = "COMPLETE") -> None:
        """Write a P&L row with a price."""
        self.run(
            "insert into validators.validator_pnl (chain_id, period_id, validator_key, price, "
            "quote_ccy, quality, missing_components, computation_version, computed_at, "
            "inputs_hash, code_version, is_current, recorded_at, config_hash, content_hash) "
            "values (%s, %s, %s, %s, 'USD', %s, '{}', 1, %s, 'i', '1', true, %s, 'c', 'h')",
            CHAIN, period, validator, Decimal(price), quality, self.now, self.now,
        )  # fmt: skip

    def compute_again(self) -> None:
        """Publish the lines of all periods from the newest inputs, with no row changed."""
        with psycopg.connect(self.dsn) as connection, connection.cursor() as cursor:
            for period in {**ENDS, **LATER}:
                self._publish(cursor, period, 0, changed=False)

    def _publish(self, cursor: psycopg.Cursor, period: str, rows: int, *, changed: bool) -> None:
        inputs = inputs_of_lines(self.registry, self.chain)
        publish(
            cursor,
            Publication(
                asset_key=LINES_KEY,
                partition_key=period,
                window=None,
                row_count=rows,
                input_versions=input_versions(cursor, inputs),
                as_of=self.now,
                is_final=True,
                code_version="1",
                run_id="lines",
                state="MATERIALIZED",
                is_changed=changed,
            ),
        )

    @contextmanager
    def change(self, email: str, action: Action = Action.DRAFT) -> Any:
        """Open a change of a person with the right to an action, in one transaction."""
        self.runs += 1
        with self.warehouse.connect() as connection, connection.cursor() as cursor:
            actor = require_actor(cursor, email, right_of(action), self.now)
            yield Change(
                cursor=cursor,
                actor=actor,
                reason=REASON,
                now=self.now,
                run_id=f"run-{self.runs}",
                log=logging.getLogger("test"),
                warehouse=self.warehouse,
            )

    def do(
        self,
        action: str,
        by: str = ANN,
        month: str = "2025-08",
        partner: uuid.UUID = P1,
        transaction_id: str | None = None,
        force: bool = False,
    ) -> Statement:
        """Launch an action of one person and return the statement."""
        form = StatementForm(
            action=action,  # type: ignore[arg-type]
            introducer_id=str(partner),
            chain_id=CHAIN,
            month=month,
            transaction_id=transaction_id,
            force=force,
        )
        with self.change(by, Action(action)) as change:
            done = change_statement(change, self.registry, form)
            return find_statement(change.cursor, uuid.UUID(done["statement_id"]))

    def release(self, month: str = "2025-08", partner: uuid.UUID = P1) -> Statement:
        """Draft, submit, approve twice and release."""
        self.do("draft", ANN, month, partner)
        self.do("submit", ANN, month, partner)
        self.do("approve", ANN, month, partner)
        self.do("approve", BOB, month, partner)
        return self.do("release", CAT, month, partner)

    def draft_months(self, *months: str) -> list[Drafted]:
        """Do the work of the monthly asset."""
        publish_environment({"CDP_AS_OF": self.now.isoformat()})
        self.runs += 1
        run = DirectRun(f"run-{self.runs}", months, "scheduler")
        return draft_months(run, self.warehouse, self.registry)[1]

    def items(self, statement: Statement) -> list[tuple[Any, ...]]:
        """Return the items of a statement as people see them."""
        return self.query(
            "select kind, period_id, validator_key, amount_native "
            "from validators.partner_statement_items where statement_id = %s "
            "order by period_id, validator_key, kind",
            statement.statement_id,
        )

    def audit(self) -> list[tuple[Any, ...]]:
        """Return the actions of the audit log in order."""
        return self.query("select action, actor_id from audit.log order by seq")

    def add_finding(self, period: str, severity: str = "ERROR", status: str = "OPEN") -> None:
        """Add a finding of reconciliation."""
        self.run(
            "insert into validators.reconciliation_reports (report_id, chain_id, period_id, "
            "scope, \"check\", severity, status, found_at) "
            "values (%s, %s, %s, 'MEV_TIPS', 'version_drift', %s, %s, %s)",
            uuid.uuid4(), CHAIN, period, severity, status, self.now,
        )  # fmt: skip

    def remember(self) -> list[tuple[Any, ...]]:
        """Return everything that people are paid by, byte for byte."""
        return [
            *self.query(
                "select * from validators.partner_commission_statements order by statement_id"
            ),
            *self.query(
                "select * from validators.partner_statement_items order by statement_id, line_id"
            ),
            *self.query(
                "select * from validators.partner_commission_lines "
                "order by period_id, line_id, computation_version"
            ),
            *self.query(
                "select * from validators.canonical_periods order by period_id, version"
            ),
        ]  # fmt: skip


def line_key(period: str, validator: str, agreement: str = "A") -> LineKey:
    """Return the identity of a line of the world."""
    return LineKey(
        agreement, 1, CHAIN, period, LineKind.ATTRIBUTION, "r1", validator, "", "EXEC_FEES"
    )


def user_id(email: str) -> str:
    """Return the id of a person as audit rows have it."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, email))
