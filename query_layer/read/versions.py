"""Data versions that the writers published, known in this process within a second.

Writers raise ``ops.asset_version`` in the transaction that writes the rows, so a version names one
state of an asset's rows. A background task polls the versions of the registered assets; a request
that reads rows reads the version in the same snapshot. Scope: versions and staleness; not here: the
cache that is keyed by them (``query_layer.read.cache``).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from query_layer.auth.claims import ANONYMOUS
from query_layer.ops.logs import describe_exception, log_event
from query_layer.read.database import Database, Reader
from query_layer.read.statements import statement

T = TypeVar("T", datetime, int)
TRUST_SECONDS = 5.0  # with an older poll, nothing is served from the cache
REFRESH_SECONDS = 60.0  # freshness policies change with a migration, without a new version


@dataclass(frozen=True)
class AssetStatus:
    """The status of one asset in ``ops``, or of several that a view reads.

    Attributes:
        asset_key: ``schema/table``; of several, the first.
        version: Data version; null when no writer ever published one.
        materialized_at: When that version was written, UTC.
        data_as_of: Clock of the newest good rows, UTC; null when not recorded.
        max_age_seconds: Freshness policy; null for none.
    """

    asset_key: str
    version: int | None
    materialized_at: datetime | None
    data_as_of: datetime | None
    max_age_seconds: int | None

    def is_stale(self, now: datetime) -> bool | None:
        """Return whether the rows are older than the policy allows; null: no policy or clock."""
        if self.max_age_seconds is None or self.data_as_of is None:
            return None
        return (now - self.data_as_of).total_seconds() > self.max_age_seconds

    def meta(self, now: datetime) -> dict[str, Any]:
        """Return the status as it is in ``meta`` of a response."""
        return {
            "data_version": self.version,
            "materialized_at": self.materialized_at,
            "data_as_of": self.data_as_of,
            "stale": self.is_stale(now),
        }


def combined(statuses: Sequence[AssetStatus]) -> AssetStatus:
    """Return the status of a view that reads several assets.

    Its version grows with each of theirs; its rows are as old as the oldest of them.
    """
    first, *others = statuses
    if not others:
        return first
    return AssetStatus(
        asset_key=first.asset_key,
        version=sum(s.version or 0 for s in statuses) or None,
        materialized_at=max(_known(s.materialized_at for s in statuses), default=None),
        data_as_of=min(_known(s.data_as_of for s in statuses), default=None),
        max_age_seconds=min(_known(s.max_age_seconds for s in statuses), default=None),
    )


def _known(values: Iterable[T | None]) -> list[T]:
    return [value for value in values if value is not None]


class VersionWatch:
    """The last known status of every registered asset."""

    def __init__(
        self,
        database: Database,
        asset_keys: Sequence[str],
        pause_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
        after_poll: Callable[[], None] = lambda: None,
    ) -> None:
        self._after_poll = after_poll
        self._database = database
        self._asset_keys = list(asset_keys)
        self._pause_seconds = pause_seconds
        self._monotonic = monotonic
        self._statuses: dict[str, AssetStatus] = {}
        self._polled_at: float | None = None
        self._refreshed_at: float | None = None
        self._is_failing = False

    def age_seconds(self) -> float:
        """Return the seconds since the last good poll; infinite before the first."""
        return _age(self._polled_at, self._monotonic())

    def trusted(self, asset_keys: Sequence[str]) -> AssetStatus | None:
        """Return the status if it has a version and is recent enough for the cache."""
        statuses = [self._statuses.get(key) for key in asset_keys]
        known = [s for s in statuses if s is not None and s.version is not None]
        if not known or len(known) < len(statuses) or self.age_seconds() > TRUST_SECONDS:
            return None
        return combined(known)

    async def poll(self) -> None:
        """Read all versions, and the full status of those assets whose version changed."""
        before = dict(self._statuses)
        is_full = _age(self._refreshed_at, self._monotonic()) > REFRESH_SECONDS

        async def look(reader: Reader) -> list[AssetStatus]:
            rows = await reader.fetch(statement("asset_versions"), self._asset_keys)
            seen = {row["asset_key"]: (row["version"], row["materialized_at"]) for row in rows}
            changed = [
                key
                for key in self._asset_keys
                if is_full or seen.get(key, (None, None)) != _mark(before.get(key))
            ]
            return await _fetch_statuses(reader, changed) if changed else []

        for status in await self._database.read(ANONYMOUS, look):
            # A request may have read a newer snapshot meanwhile; older would revive old rows.
            if self._statuses.get(status.asset_key) is before.get(status.asset_key):
                self._statuses[status.asset_key] = status
        self._polled_at = self._monotonic()
        if is_full:
            self._refreshed_at = self._polled_at

    async def read(self, reader: Reader, asset_keys: Sequence[str]) -> AssetStatus:
        """Return the status of assets in a transaction's snapshot, and remember it.

        What is known already is not read again: only the versions are, by their index.
        """
        keys = list(asset_keys)
        rows = await reader.fetch(statement("asset_versions"), keys)
        marks = {row["asset_key"]: (row["version"], row["materialized_at"]) for row in rows}
        known = [self._statuses.get(key) for key in keys]
        if all(s is not None and _mark(s) == marks.get(s.asset_key, (None, None)) for s in known):
            return combined([s for s in known if s is not None])
        statuses = await _fetch_statuses(reader, keys)
        for status in statuses:
            before = self._statuses.get(status.asset_key)
            if before is None or (status.version or 0) > (before.version or 0):
                self._statuses[status.asset_key] = status
        return combined(statuses)

    async def run(self) -> None:
        """Poll until cancelled; of consecutive failures the first is logged."""
        while True:
            await self.poll_or_log()
            self._after_poll()
            await asyncio.sleep(self._pause_seconds)

    async def poll_or_log(self) -> None:
        """Poll once; a failure shows in ``age_seconds`` and in the log."""
        try:
            await self.poll()
        except Exception as error:
            if not self._is_failing:
                cause = error.__cause__ or error
                log_event(logging.ERROR, "versions.unknown", **describe_exception(cause))
            self._is_failing = True
        else:
            if self._is_failing:
                log_event(logging.INFO, "versions.known")
            self._is_failing = False


async def _fetch_statuses(reader: Reader, asset_keys: Sequence[str]) -> list[AssetStatus]:
    rows: Sequence[Mapping[str, Any]] = await reader.fetch(
        statement("asset_status"), list(asset_keys)
    )
    return [AssetStatus(**dict(row)) for row in rows]


def _mark(status: AssetStatus | None) -> tuple[int | None, datetime | None]:
    return (status.version, status.materialized_at) if status else (None, None)


def _age(since: float | None, now: float) -> float:
    return float("inf") if since is None else now - since
