"""The explanation of a line: from its terms, in order, down to the places of its amounts.

Read only. Scope: what is stored of one line and everything that it was computed from, as text; not
here: computing (``engine``), or arguments and printing (``cdp_assets.cli``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from cdp_assets.errors import PermanentFailure
from cdp_assets.units import counted
from cdp_assets.validators.commissions.explanation.payload_places import places_of
from cdp_assets.validators.storage.manifest_parts import manifest_parts
from resources.codecs.exact_json import NotJson, parse_exact

_LISTED_PLACES = 20  # of one response
Row = dict[str, Any]

_LINE = """
select l.*, i.name as partner, v.effective_from_period, v.effective_to_period, v.rules, v.floors,
    v.caps, v.created_by, v.change_reason, a.name as agreement
from validators.partner_commission_lines l
left join governance.agreements a using (agreement_id)
left join governance.agreement_versions v
    on v.agreement_id = l.agreement_id and v.version = l.agreement_version
left join governance.introducers i on i.introducer_id = l.introducer_id
where l.line_id = %s and l.is_current
"""


@dataclass(frozen=True)
class _Source:
    """A canonical table: the amounts of its row that P&L reads, and its kind of response."""

    table: str
    data_type: str
    columns: tuple[str, ...]


_SOURCES = (
    _Source("canonical_validator_fees", "FEES", ("total_fees_native",)),
    _Source("canonical_validator_mev", "MEV", ("gross_mev_native", "total_mev_native")),
    _Source(
        "canonical_stake_rewards",
        "REWARDS",
        ("rewards_native", "gross_native", "commission_native", "stake_native"),
    ),
    _Source("canonical_validator_meta", "META", ("total_stake_native",)),
)
_RESPONSES = f"""
with winners as (
    select payload_id, provider_name, period_id, role, raw_payload, raw_body
    from staging.staging_payloads
    where data_type = %(type)s and chain_id = %(chain)s and payload_id = any(%(ids)s)
)
select payload_id, role as asked, raw_body from winners where role <> 'manifest'
union all
select s.payload_id, part ->> 'asked', s.raw_body
from winners w
{manifest_parts("w", data_type="%(type)s")}
where w.role = 'manifest' and exists (
    select from unnest(%(texts)s::text[]) t (name) where strpos(s.raw_payload::text, t.name) > 0
)
order by 2, 1
"""


def explain_line(connection: psycopg.Connection, line_id: UUID) -> Iterator[str]:
    """Yield the explanation of a line, one sentence or number a line.

    Raises:
        PermanentFailure: There is no such line.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        line = cursor.execute(_LINE, [line_id]).fetchone()
        if line is None:
            raise PermanentFailure(
                "there is no such line",
                key=str(line_id),
                hint="ids are in partner_commission_lines",
            )
        yield _title(line)
        if line["is_void"]:
            return
        yield from _terms(line)
        yield from _amounts(line)
        yield from _override(line)
        yield f"final amount: {line['final_amount_native']} ({line['quality']})"
        for validator in _validators(cursor, line):
            yield from _pnl(cursor, line, validator)
            yield from _stakes(cursor, line, validator)
            for source in _SOURCES:
                yield from _canonical(cursor, line, validator, source)


def _title(line: Row) -> str:
    about = "; ".join(
        f"{name} {line[column]}"
        for name, column in (("validator", "validator_key"), ("client", "client_id"))
        if line[column]
    )
    state = "void since" if line["is_void"] else f"{line['line_kind']},"
    return (
        f"line {line['line_id']}: {state} version {line['computation_version']}, period "
        f"{line['period_id']} of {line['chain_id']} ({line['month']}), partner {line['partner']} "
        f"{about}"
    ).rstrip()


def _terms(line: Row) -> Iterator[str]:
    end = line["effective_to_period"]
    yield (
        f"agreement version: {line['agreement_id']} ({line['agreement']}) version "
        f"{line['agreement_version']}, periods from {line['effective_from_period']} to "
        f"{'open' if end is None else f'before {end}'}; by {line['created_by']}: "
        f"{line['change_reason']}"
    )
    rules = [rule for rule in line["rules"] or [] if rule["rule_id"] == line["rule_id"]]
    if line["line_kind"] in ("FLOOR_TOPUP", "CAP_REDUCTION"):
        yield f"rule: floors {_json(line['floors'])}, caps {_json(line['caps'])} of the agreement"
    else:
        yield f"rule: {_json(rules[0]) if rules else 'none'}"


def _amounts(line: Row) -> Iterator[str]:
    if line["line_kind"] == "ATTRIBUTION":
        yield f"base: {_base(line)}"
        yield from _rate(line)
    reason = f" ({line['reason_code']})" if line["reason_code"] else ""
    yield f"raw amount, rounded down once: {line['raw_amount_native']}{reason}"
    yield f"floor of the rule adds: {line['floor_applied_native']}"
    yield f"cap of the rule takes: {line['cap_applied_native']}"
    yield f"amount before an override: {line['pre_override_amount_native']}"


def _base(line: Row) -> str:
    exact = f"{line['base_numerator']}/{line['base_denominator']}"
    known = "unknown" if line["base_numerator"] is None else f"{exact} exactly"
    share = ""
    if line["stake_numerator"] is not None:
        share = f", stake {line['stake_numerator']} of {line['stake_denominator']}"
    return f"{line['attribution_method']} of {line['revenue_component']}: {known}{share}"


def _rate(line: Row) -> Iterator[str]:
    if line["tiers"] is None:
        yield f"rate: {line['commission_rate_bps']} bps"
        return
    yield f"tiers: measure before this period {line['tiers']['measured_before']}"
    for band in line["tiers"]["bands"]:
        yield (
            f"  band from {band['from_native']}: {band['part']} at {band['rate_bps']} bps = "
            f"{band['product']}"
        )


def _override(line: Row) -> Iterator[str]:
    if line["override_id"] is None:
        yield "override: none"
        return
    stale = "; the amount before it has changed since" if line["override_stale"] else ""
    yield (
        f"override: {line['override_amount_native']} of override {line['override_id']} by "
        f"{line['override_user_id']} at {line['override_timestamp'].isoformat()}: "
        f"{line['override_reason']}{stale}"
    )


def _validators(cursor: psycopg.Cursor[Row], line: Row) -> list[str]:
    """Return the line's validator; those of all lines of the agreement for a sum."""
    if line["validator_key"]:
        return [line["validator_key"]]
    cursor.execute(
        "select distinct coalesce(l.validator_key, p.validator_key) as validator_key "
        "from validators.partner_commission_lines l "
        "left join validators.validator_pnl p on l.validator_key is null "
        "and l.line_kind = 'ATTRIBUTION' and p.chain_id = l.chain_id "
        "and p.period_id = l.period_id and p.is_current and not p.is_void "
        "where l.chain_id = %s and l.period_id = %s and l.agreement_id = %s and l.is_current "
        "and not l.is_void order by 1",
        [line["chain_id"], line["period_id"], line["agreement_id"]],
    )
    return [row["validator_key"] for row in cursor if row["validator_key"]]


def _pnl(cursor: psycopg.Cursor[Row], line: Row, validator: str) -> Iterator[str]:
    row = cursor.execute(
        "select * from validators.validator_pnl where chain_id = %s and period_id = %s "
        "and validator_key = %s and is_current",
        [line["chain_id"], line["period_id"], validator],
    ).fetchone()
    if row is None:
        yield f"P&L of {validator}: none"
        return
    parts = ", ".join(
        f"{name.removesuffix('_native')} {row[name]}"
        for name in (
            "exec_fees_native",
            "mev_tips_native",
            "vote_rewards_native",
            "commission_native",
            "total_revenue_native",
        )
    )
    missing = (
        f", missing {', '.join(row['missing_components'])}" if row["missing_components"] else ""
    )
    yield (
        f"P&L of {validator}: version {row['computation_version']}, {row['quality']}{missing}: "
        f"{parts}; inputs {row['inputs_hash']}"
    )


def _stakes(cursor: psycopg.Cursor[Row], line: Row, validator: str) -> Iterator[str]:
    cursor.execute(
        "select * from validators.canonical_client_stakes where chain_id = %s and period_id = %s "
        "and validator_key = %s and introducer_id = %s and (client_id = %s or %s::text is null) "
        "and is_current and not is_void order by staker_address",
        [
            line["chain_id"], line["period_id"], validator, line["introducer_id"],
            line["client_id"], line["client_id"],
        ],
    )  # fmt: skip
    for row in cursor.fetchall():
        yield (
            f"stake of client {row['client_id']}: account {row['staker_address']}, version "
            f"{row['computation_version']}: stake {row['stake_native']}, rewards "
            f"{row['rewards_native']}, commission {row['commission_native']}"
        )


def _canonical(
    cursor: psycopg.Cursor[Row], line: Row, validator: str, source: _Source
) -> Iterator[str]:
    statement = (
        f"select * from validators.{source.table} where chain_id = %s and period_id = %s "
        "and validator_key = %s and is_current and not is_void"
    )
    cursor.execute(statement.encode(), [line["chain_id"], line["period_id"], validator])
    rows = cursor.fetchall()
    for row in rows:
        amounts = ", ".join(f"{column} {row[column]}" for column in source.columns)
        account = f" account {row['staker_address']}" if row.get("staker_address") else ""
        yield (
            f"{source.table}{account}: version {row['version']} from {row['source_provider']}: "
            f"{amounts}; payload {row['source_payload_id']}"
        )
    yield from _places(cursor, line, validator, source, rows)


def _places(
    cursor: psycopg.Cursor[Row], line: Row, validator: str, source: _Source, rows: Sequence[Row]
) -> Iterator[str]:
    """Yield the places of the rows' amounts in the responses that they were built from."""
    ids = sorted({row["source_payload_id"] for row in rows if row["source_payload_id"]})
    if not ids:
        return
    names = _names(cursor, line, validator)
    names |= {row["staker_address"] for row in rows if row.get("staker_address")}
    amounts = {int(row[c]) for row in rows for c in source.columns if row[c] is not None}
    texts = [*names, *(str(amount) for amount in amounts if amount)]
    cursor.execute(
        _RESPONSES,
        {"type": source.data_type, "chain": line["chain_id"], "ids": ids, "texts": texts},
    )
    for row in cursor.fetchall():
        yield from _places_of(row, amounts, names)


def _places_of(row: Row, amounts: set[int], names: set[str]) -> Iterator[str]:
    try:
        document = parse_exact(bytes(row["raw_body"]))
    except NotJson:
        return
    found = list(places_of(document, amounts, names))
    for place, value in found[:_LISTED_PLACES]:
        yield f"  payload {row['payload_id']} ({row['asked']}): {place} = {value}"
    if len(found) > _LISTED_PLACES:
        yield f"  and {counted(len(found) - _LISTED_PLACES, 'more place')} of this payload"


def _names(cursor: psycopg.Cursor[Row], line: Row, validator: str) -> set[str]:
    cursor.execute(
        "select value from validators.canonical_validator_identities where chain_id = %s "
        "and period_id = %s and validator_key = %s and is_current and not is_void",
        [line["chain_id"], line["period_id"], validator],
    )
    return {validator, *(row["value"] for row in cursor)}


def _json(value: Mapping[str, Any] | Sequence[Any] | None) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
