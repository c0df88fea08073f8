"""The eight metrics of an allocator's score: typed rows in, value and points out (compliance §5.2).

Scope: how a value is computed from the rows of one report; not here: weights, averages of peers and
what is stored (``score``), or where rows come from (``cdp_assets.filplus.reports``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, localcontext
from typing import NamedTuple

from cdp_assets.filplus.scoring.number_rules import (
    big_int_div,
    big_int_mul,
    client_weight,
    months_between,
    percentile,
    population_deviation,
    readable_size,
    share_percent,
)
from cdp_assets.filplus.scoring.rules import MetricCode


class ScoredProvider(NamedTuple):
    """One provider row of a report: one per client and provider. Bytes.

    ``retrievability`` 0 to 1; null: not measured.
    """

    total_deal_size: int
    unique_data_size: int
    ipni_reporting_status: str
    retrievability: Decimal | None


class ScoredClient(NamedTuple):
    """One client row of a report. Bytes; sizes null: unknown.

    ``shared_sizes`` are the sizes of its sharing rows, ``last_datacap_spent`` UTC.
    """

    client_id: str
    total_allocations: int
    allocations_number: int
    total_uniq_data_set_size: int | None
    expected_size_of_single_dataset: int | None
    last_datacap_spent: datetime | None
    shared_sizes: tuple[int, ...]


@dataclass(frozen=True)
class ScoreInputs:
    """Inputs of the metrics of one report.

    Attributes:
        now: Clock of the report.
        clients: Its client rows.
        providers: Its provider rows, one per client and provider.
        average_retrievability: Of the report, 0 to 1, a row without a rate counted as 0; null: no
            provider row.
        all_retrievabilities: Newest of every non-meta allocator, this report's included, nulls 0.
        clients_number: Client rows.
        first_audit_ended: Of the registry; null: no audit, or no end.
    """

    now: datetime
    clients: Sequence[ScoredClient]
    providers: Sequence[ScoredProvider]
    average_retrievability: Decimal | None
    all_retrievabilities: Sequence[Decimal]
    clients_number: int
    first_audit_ended: datetime | None


@dataclass(frozen=True)
class Measured:
    """Value of a metric.

    Attributes:
        value: In the metric's unit; 0 where nothing was measured.
        sample_size: Rows that the value is computed from.
        is_measured: False where the value is a default because there is nothing to measure.
        named: p25 and p50 where the metric has them.
        lines: ``key: value`` lines of inputs, for readers.
    """

    value: Decimal
    sample_size: int
    is_measured: bool
    lines: list[str]
    named: Mapping[str, Decimal] = field(default_factory=dict)


def ipni_reporting(inputs: ScoreInputs) -> Measured:
    """Return the share of provider data whose provider reports to IPNI as it should, %."""
    total = sum(row.total_deal_size for row in inputs.providers)
    good = sum(r.total_deal_size for r in inputs.providers if r.ipni_reporting_status == "OK")
    return Measured(
        share_percent(good, total),
        len(inputs.providers),
        total > 0,
        [
            f"Data with providers that report correctly: {readable_size(good)}",
            f"Data of all providers: {readable_size(total)}",
        ],
    )


def url_finder_retrievability(inputs: ScoreInputs) -> Measured:
    """Return 100 times the report's mean retrievability; p25 and p50 are of all allocators, %."""
    ordered = sorted(inputs.all_retrievabilities)
    named = {f"p{n}": 100 * (percentile(ordered, n) or Decimal(0)) for n in (25, 50)}
    measured = sum(row.retrievability is not None for row in inputs.providers)
    return Measured(
        100 * (inputs.average_retrievability or Decimal(0)),
        measured,
        measured > 0,
        [
            f"Percentile 25 of all allocators: {_plain(named['p25'])}%",
            f"Percentile 50 of all allocators: {_plain(named['p50'])}%",
        ],
        named,
    )


def cid_sharing(inputs: ScoreInputs) -> Measured:
    """Return weighted data shared with others per weighted allocations, %; may exceed 100."""
    shared = allocated = 0
    for client in inputs.clients:
        weight = client_weight(client.last_datacap_spent, inputs.now)
        shared += sum(big_int_mul(size, weight) for size in client.shared_sizes)
        allocated += big_int_mul(client.total_allocations, weight)
    return Measured(
        share_percent(shared, allocated),
        len(inputs.clients),
        allocated > 0,
        [
            f"Weighted data shared with other clients: {readable_size(shared)}",
            f"Weighted allocations: {readable_size(allocated)}",
        ],
    )


def duplicated_data(inputs: ScoreInputs) -> Measured:
    """Return the share of provider data that repeats a piece of the same client, %."""
    total = sum(row.total_deal_size for row in inputs.providers)
    repeated = sum(row.total_deal_size - row.unique_data_size for row in inputs.providers)
    return Measured(
        share_percent(repeated, total),
        len(inputs.providers),
        total > 0,
        [
            f"Duplicated data: {readable_size(repeated)}",
            f"Data of all providers: {readable_size(total)}",
        ],
    )


def unique_data_set_size(inputs: ScoreInputs) -> Measured:
    """Return weighted unique data per weighted declared dataset size, times 100."""
    unique = declared = 0
    for client in inputs.clients:
        weight = client_weight(client.last_datacap_spent, inputs.now)
        unique += big_int_mul(client.total_uniq_data_set_size or 0, weight)
        declared += big_int_mul(client.expected_size_of_single_dataset or 0, weight)
    return Measured(
        share_percent(unique, declared),
        sum(c.expected_size_of_single_dataset is not None for c in inputs.clients),
        declared > 0,
        [
            f"Weighted unique data: {readable_size(unique)}",
            f"Weighted declared dataset size: {readable_size(declared)}",
        ],
    )


def equality_of_datacap_distribution(inputs: ScoreInputs) -> Measured:
    """Return the deviation of the clients' weighted allocations, each in units of their mean."""
    weighted = [
        big_int_mul(c.total_allocations, client_weight(c.last_datacap_spent, inputs.now))
        for c in inputs.clients
    ]
    total = sum(weighted)
    shares = [big_int_div(a * len(weighted), total) if total else Decimal(0) for a in weighted]
    return Measured(
        population_deviation(shares),
        len(weighted),
        total > 0,
        [
            f"Clients: {len(weighted)}",
            f"Weighted allocations: {readable_size(total)}",
        ],
    )


def client_diversity(inputs: ScoreInputs) -> Measured:
    """Return clients per calendar month since the first audit ended; 0 without one."""
    ended = inputs.first_audit_ended
    months = months_between(ended, inputs.now) if ended is not None else Decimal(0)
    lines = [
        f"Clients: {inputs.clients_number}",
        f"First audit ended: {ended:%Y-%m-%d}" if ended else "First audit ended: unknown",
        f"Months since: {_plain(months)}",
    ]
    if months <= 0:
        return Measured(Decimal(0), inputs.clients_number, False, lines)
    return Measured(inputs.clients_number / months, inputs.clients_number, True, lines)


def client_previous_applications(inputs: ScoreInputs) -> Measured:
    """Return the share of clients with more than one allocation, not truncated, %."""
    returning = sum(client.allocations_number > 1 for client in inputs.clients)
    count = len(inputs.clients)
    with localcontext() as context:
        context.prec = 50
        value = Decimal(100 * returning) / count if count else Decimal(0)
    lines = [f"Clients with more than one allocation: {returning}", f"Clients: {count}"]
    return Measured(value, count, count > 0, lines)


METRICS: Mapping[MetricCode, Callable[[ScoreInputs], Measured]] = {
    "IPNI_REPORTING": ipni_reporting,
    "URL_FINDER_RETRIEVABILITY": url_finder_retrievability,
    "CID_SHARING": cid_sharing,
    "DUPLICATED_DATA": duplicated_data,
    "UNIQUE_DATA_SET_SIZE": unique_data_set_size,
    "EQUALITY_OF_DATACAP_DISTRIBUTION": equality_of_datacap_distribution,
    "CLIENT_DIVERSITY": client_diversity,
    "CLIENT_PREVIOUS_APPLICATIONS": client_previous_applications,
}


def _plain(value: Decimal) -> str:
    return f"{value:.2f}"
