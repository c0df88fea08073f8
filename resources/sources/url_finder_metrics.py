"""The measurements of each provider in a bulk response of the URL finder (compliance §2.2, §3.19).

Scope: the metrics of one entry and when each counts; not here: the call and the form of the full
response (``resources.sources.url_finder``), or ids and tables (``cdp_assets.filplus``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from cdp_assets.errors import InvalidSourceResponse
from resources.codecs.exact_json import parse_exact
from resources.http.raw_response import RawResponse
from resources.sources.url_finder import read_bulk

T = TypeVar("T")
_RPA = "retrievability_percent"
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
    """The newest test of one provider.

    Attributes:
        provider: ``f0…`` id.
        tested_at: UTC, whole milliseconds; null: not reported, and no ratio counts.
        result_code: One of ``RESULT_CODES``' values.
        measurements: Those whose instant is known.
    """

    provider: str
    tested_at: datetime | None
    result_code: str
    measurements: tuple[Measurement, ...]


def read_samples(
    response: RawResponse, requested: Sequence[str]
) -> tuple[dict[str, Sample], dict[str, str]]:
    """Read the measurements in a bulk response: per provider its first entry with a time.

    Where none has a time, the first entry counts without it. Entries of the provider itself go
    before, and instead of, those of its clients.

    Returns:
        Samples by provider, and by provider which parts of its entries are unreadable. Providers
        that the URL finder does not know are in neither.

    Raises:
        InvalidSourceResponse: The response is unusable.
    """
    bulk = read_bulk(response, requested)
    entries: dict[str, list[dict[str, Any]]] = {}
    for row in parse_exact(response.body)["providers"]:
        entries.setdefault(row["provider_id"], []).append(row)
    samples: dict[str, Sample] = {}
    unreadable = dict(bulk.unreadable)
    for provider, rows in entries.items():
        sample, faults = _first_with_time(rows, response.fetched_at.astimezone(UTC).date())
        if provider in bulk.found or faults:
            samples[provider] = sample
        if faults:
            unreadable[provider] = "; ".join(dict.fromkeys(faults))
    return samples, unreadable


def _first_with_time(rows: Sequence[dict[str, Any]], day: date) -> tuple[Sample, list[str]]:
    """Return a sample, and which parts of it and of the entries before it are unreadable."""
    of_provider = [row for row in rows if not row.get("client_id")] or rows
    read = [read_sample(row, day) for row in of_provider]
    place = next((n for n, (sample, _) in enumerate(read) if sample.tested_at is not None), 0)
    timeless = [faults[0] for _, faults in read[:place]]
    return read[place][0], timeless + read[place][1]


def read_sample(row: dict[str, Any], day: date) -> tuple[Sample, list[str]]:
    """Read one entry, and which parts of it were skipped as unreadable, each by itself.

    RPA and CAR files count at the instant of the test, nulls included. TTFB and bandwidth count at
    their own instant, when they are not 0 and were measured on the UTC day of the test.

    Args:
        row: The entry.
        day: Of the response; used where the time of the test is unreadable.
    """
    faults: list[str] = []

    def taken(read: Callable[[], T | None]) -> T | None:
        try:
            return read()
        except InvalidSourceResponse as error:
            faults.append(error.message)
            return None

    tested_at = taken(lambda: _instant(row.get("tested_at"), "tested_at"))
    diagnostics = taken(lambda: _object(row, "diagnostics"))
    bandwidth = taken(lambda: _object(_object(row, "performance"), "bandwidth"))
    tested_on = day if tested_at is None else tested_at.date()
    measured: list[Measurement | None] = []
    if tested_at is not None:
        measured += [
            taken(lambda: Measurement("RPA_RETRIEVABILITY", _ratio(row, _RPA), tested_at)),
            taken(lambda: Measurement("CAR_FILES", _ratio(row, "car_files_percent"), tested_at)),
        ]
    measured += [
        taken(lambda: _speed("TTFB", bandwidth, "ttfb_ms", tested_on)),
        taken(lambda: _speed("BANDWIDTH", bandwidth, "download_speed_mbps", tested_on)),
    ]
    result = taken(lambda: _result_code(diagnostics)) or "ERROR"
    found = tuple(one for one in measured if one is not None)
    return Sample(row["provider_id"], tested_at, result, found), faults


def _object(row: dict[str, Any] | None, name: str) -> dict[str, Any] | None:
    value = None if row is None else row.get(name)
    if value is not None and not isinstance(value, dict):
        raise InvalidSourceResponse(f"{name} is {str(value)[:40]!r}, no object")
    return value


def _result_code(diagnostics: dict[str, Any] | None) -> str | None:
    code = None if diagnostics is None else diagnostics.get("result_code")
    if code is not None and str(code) not in RESULT_CODES:
        raise InvalidSourceResponse(f"result_code is {str(code)[:40]!r}, which counts as ERROR")
    return RESULT_CODES.get(str(code))


def _speed(
    metric: str, bandwidth: dict[str, Any] | None, name: str, tested_on: date
) -> Measurement | None:
    value = None if bandwidth is None else _number(bandwidth, name)
    if bandwidth is None or not value:
        return None
    at = _instant(bandwidth.get("tested_at"), f"the instant of {name}")
    return Measurement(metric, value, at) if at.date() == tested_on else None


def _instant(value: object, name: str) -> datetime:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise InvalidSourceResponse(f"{name} is {str(value)[:40]!r}, no instant") from None
    aware = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    return aware.replace(microsecond=aware.microsecond // 1000 * 1000)


def _number(row: dict[str, Any], name: str) -> Decimal | None:
    value = row.get(name)
    if value is None:
        return None
    if type(value) is not int and not isinstance(value, Decimal):
        raise InvalidSourceResponse(f"{name} is {str(value)[:40]!r}")
    if value < 0:
        raise InvalidSourceResponse(f"{name} is {value}, below 0")
    return Decimal(value)


def _ratio(row: dict[str, Any], name: str) -> Decimal | None:
    percent = _number(row, name)
    if percent is None:
        return None
    if percent > 100:
        raise InvalidSourceResponse(f"{name} is {percent}, not 0 to 100")
    return percent / 100
