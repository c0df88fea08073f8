"""What a bulk answer of the URL finder measures of each provider (compliance §2.2, §3.19).

Belongs here: the metrics of one entry and when each counts. Does not: the call and the form of the
whole answer (``resources.url_finder``), or ids and tables (``cdp_assets.filplus``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from cdp_assets.errors import BadSourceAnswer
from resources.exact_json import parse_exact
from resources.raw_answer import RawAnswer
from resources.url_finder import read_bulk

RESULT_CODES = {
    "NoPeerId": "NO_PEER_ID",
    "NoCidContactData": "NO_CID_CONTACT_DATA",
    "MissingAddrFromCidContact": "MISSING_ADDR_FROM_CID_CONTACT",
    "MissingHttpAddrFromCidContact": "MISSING_HTTP_ADDR_FROM_CID_CONTACT",
    "FailedToGetWorkingUrl": "FAILED_TO_GET_WORKING_URL",
    "NoDealsFound": "NO_DEALS_FOUND",
    "TimedOut": "TIMED_OUT",
    "Success": "SUCCESS",
    "Error": "ERROR",
}
SHOWN_NAMES = {
    "NO_PEER_ID": "No Peer ID",
    "NO_CID_CONTACT_DATA": "No CID Contact Data",
    "MISSING_ADDR_FROM_CID_CONTACT": "Missing Address from CID Contact",
    "MISSING_HTTP_ADDR_FROM_CID_CONTACT": "Missing HTTP Address from CID Contact",
    "FAILED_TO_GET_WORKING_URL": "Failed to Get Working URL",
    "NO_DEALS_FOUND": "No Deals Found",
    "TIMED_OUT": "Timed Out",
    "SUCCESS": "Success",
    "ERROR": "Error",
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value of one metric.

    Attributes:
        metric: RPA_RETRIEVABILITY or CAR_FILES (ratio 0 to 1), TTFB (ms) or BANDWIDTH (Mbps).
        value: Null for a ratio that was tested and not measured.
        tested_at: UTC, whole milliseconds.
    """

    metric: str
    value: Decimal | None
    tested_at: datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """The newest test of one provider; ``result_code`` is one of ``RESULT_CODES``' values."""

    provider: str
    tested_at: datetime
    result_code: str
    measurements: tuple[Measurement, ...]


def read_samples(
    answer: RawAnswer, asked: Sequence[str]
) -> tuple[dict[str, Sample], dict[str, str]]:
    """Read what a bulk answer measures.

    Returns:
        Samples by provider, and by provider why its entry cannot be read. Providers that the URL
        finder does not know are in neither.

    Raises:
        BadSourceAnswer: The answer as a whole is not usable.
    """
    bulk = read_bulk(answer, asked)
    chosen: dict[str, dict[str, Any]] = {}
    for row in parse_exact(answer.body)["providers"]:
        # The entry of the whole provider, not that of one of its clients, where both are there.
        before = chosen.setdefault(row["provider_id"], row)
        if before.get("client_id") and not row.get("client_id"):
            chosen[row["provider_id"]] = row
    samples: dict[str, Sample] = {}
    unreadable = dict(bulk.unreadable)
    for provider in bulk.found:
        try:
            samples[provider] = read_sample(chosen[provider])
        except BadSourceAnswer as error:
            unreadable[provider] = error.message
    return samples, unreadable


def read_sample(row: dict[str, Any]) -> Sample:
    """Read one entry.

    RPA and CAR files count at the instant of the test, null kept. TTFB and bandwidth count at their
    own instant, when they are not 0 and were measured on the UTC day of the test.

    Raises:
        BadSourceAnswer: A value of another type or range; the entry gives no row at all.
    """
    tested_at = _instant(row.get("tested_at"), "tested_at")
    diagnostics = row.get("diagnostics")
    code = diagnostics.get("result_code") if isinstance(diagnostics, dict) else None
    measurements = [
        Measurement("RPA_RETRIEVABILITY", _ratio(row, "retrievability_percent"), tested_at),
        Measurement("CAR_FILES", _ratio(row, "car_files_percent"), tested_at),
    ]
    performance = row.get("performance")
    bandwidth = performance.get("bandwidth") if isinstance(performance, dict) else None
    if isinstance(bandwidth, dict):
        for metric, name in (("TTFB", "ttfb_ms"), ("BANDWIDTH", "download_speed_mbps")):
            value = _number(bandwidth, name)
            if not value:
                continue
            at = _instant(bandwidth.get("tested_at"), "performance.bandwidth.tested_at")
            if at.date() == tested_at.date():
                measurements.append(Measurement(metric, value, at))
    return Sample(
        row["provider_id"], tested_at, RESULT_CODES.get(str(code), "ERROR"), tuple(measurements)
    )


def _instant(value: object, name: str) -> datetime:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise BadSourceAnswer(f"{name} is {str(value)[:40]!r}, no instant") from None
    aware = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    return aware.replace(microsecond=aware.microsecond // 1000 * 1000)


def _number(row: dict[str, Any], name: str) -> Decimal | None:
    value = row.get(name)
    if value is None:
        return None
    if type(value) is not int and not isinstance(value, Decimal):
        raise BadSourceAnswer(f"{name} is {str(value)[:40]!r}")
    if value < 0:
        raise BadSourceAnswer(f"{name} is {value}, below 0")
    return Decimal(value)


def _ratio(row: dict[str, Any], name: str) -> Decimal | None:
    percent = _number(row, name)
    if percent is None:
        return None
    if percent > 100:
        raise BadSourceAnswer(f"{name} is {percent}, not 0 to 100")
    return percent / 100
