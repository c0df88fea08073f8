"""Assets of the fixed edition-5 figures: read from a configured folder or address, never committed.

Belongs here: Dagster's side and the order of the files. Does not: what a file says.
"""

# No postponed annotations here: the framework reads types from the signature.

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import dagster as dg
import psycopg

from cdp_assets import clock
from cdp_assets.checked import checked
from cdp_assets.errors import BadConfiguration, BadSourceAnswer
from cdp_assets.failures import SOURCE_RETRIES, explained
from cdp_assets.filplus import edition5_rules as rules
from cdp_assets.filplus.registry_landing import replace_table
from cdp_assets.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.materialization import materialized
from cdp_assets.run_context import note_launch
from cdp_assets.settings import Settings, get_settings
from resources.fixed_files import Folder, WebFolder
from resources.health_sink import HealthSink
from resources.http_client import HttpClient
from resources.publication import Publication, publish, record_run, row_counts
from resources.retry import RetryPolicy
from resources.warehouse import Warehouse

CODE_VERSION = "1"
_VARIABLE = "CDP_EDITION5_SOURCE"
_CHECK = "its_file_is_there"


class _Files(Protocol):
    def read(self, name: str) -> bytes | None: ...


@dataclass(frozen=True)
class FixedFile:
    """One file, its table and how it is read; only an optional one may be absent."""

    name: str
    table: str
    read: Callable[[bytes], Sequence[object]]
    description: str
    is_optional: bool = False

    @property
    def asset_key(self) -> str:
        """Return the key of the table's asset."""
        return f"filplus/{self.table}"


_ORIGIN = "Fixed when the edition ended and read from the configured folder or address."
FILES = (
    FixedFile(
        "edition5_AuditStates.json", "edition5_audit_states", rules.read_audit_states,
        f"One row per allocator of edition 5 and audit, from 0. {_ORIGIN} Null means that the "
        "record does not have it.",
    ),
    FixedFile(
        "edition5_AuditTimesByRound.json", "edition5_audit_times", rules.read_audit_times,
        f"One row per measured span (conversation, audit, allocation) and round of edition 5: "
        f"average seconds. {_ORIGIN} A span without rows was not recorded; no value is null.",
    ),
    FixedFile(
        "edition5_DatacapFlow.json", "edition5_pathways", rules.read_pathways,
        f"One row per allocator of edition 5: its type and pathway. {_ORIGIN} No value is null.",
    ),
    FixedFile(
        "edition5_AuditOutcomes.json", "edition5_monthly_outcomes", rules.read_monthly_outcomes,
        f"One row per month of edition 5 and audit outcome: audits and datacap in PiB. {_ORIGIN} "
        "Without its file the table is empty and its check says so; no value is null.",
        is_optional=True,
    ),
)  # fmt: skip


def _spec(file: FixedFile) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=file.asset_key.split("/"),
        description=file.description,
        group_name="filplus_sources",
        owners=["filplus-data@example.org"],
        kinds={"python", "postgres"},
        tags={
            "domain": "filplus",
            "layer": "landing",
            "cadence": "none",
            "pii": "none",
            "source": "edition5",
            "tier": "2",
        },
        freshness_policy=FRESHNESS_BY_CADENCE["none"],
        code_version=CODE_VERSION,
    )


@dg.multi_asset(
    name="edition5_figures",
    specs=[_spec(file) for file in FILES],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK, asset=file.asset_key.split("/"), description="The file it is read from exists."
        )
        for file in FILES
    ],
    retry_policy=SOURCE_RETRIES,
)
def edition5_figures(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Read the fixed figures of edition 5 and replace their four tables in one transaction."""
    keys = [file.asset_key for file in FILES]
    with (
        explained(),
        warehouse.lock_tables(keys),
        record_run(
            warehouse, run_id=context.run.run_id, asset_keys=keys, partition_keys=[""],
            window=None, launched_by=note_launch(context, warehouse),
        ) as record,
    ):  # fmt: skip
        with fixed_files(get_settings(), warehouse) as files:
            bodies = {file.name: _read(files, file) for file in FILES}
        rows = _store(warehouse, context.run.run_id, bodies)
        record.rows_by_asset = rows
    for file in FILES:
        yield materialized(context, warehouse, file.asset_key)
        is_there = bodies[file.name] is not None
        yield checked(
            file.asset_key, _CHECK, "The file it is read from exists.",
            failing_rows=0 if is_there else 1, samples=[] if is_there else [file.name],
            found=f"The file {file.name} is {'there' if is_there else 'not there'}.",
            sql="select name, content_hash, fetched_at from raw_edition5.files "
            f"where name = '{file.name}' order by fetched_at desc",
            severity=dg.AssetCheckSeverity.WARN,
        )  # fmt: skip


@contextmanager
def fixed_files(settings: Settings, warehouse: Warehouse) -> Iterator[_Files]:
    """Open the configured folder or address.

    Raises:
        BadConfiguration: None is named.
    """
    source = settings.edition5_source
    if source is None:
        raise BadConfiguration(
            "the fixed figures of edition 5 (audit states, times by round, monthly outcomes, "
            "pathways) are not named",
            key=_VARIABLE,
            hint="set it to the folder or web address that holds edition5_AuditStates.json and "
            "its neighbours; everything else works without",
        )
    if not source.startswith(("http://", "https://")):
        yield Folder(Path(source))
        return
    policy = RetryPolicy(
        tries=settings.http_tries,
        backoff_seconds=settings.http_backoff_seconds,
        backoff_cap_seconds=settings.http_backoff_cap_seconds,
    )
    with (
        HealthSink(warehouse) as sink,
        HttpClient("edition5", source, policy=policy, report=sink) as http,
    ):
        yield WebFolder(http)


def _read(files: _Files, file: FixedFile) -> bytes | None:
    body = files.read(file.name)
    if body is None and not file.is_optional:
        raise BadConfiguration(
            f"it holds no {file.name}", key=_VARIABLE, hint="name the folder that holds all of them"
        )
    return body


def _store(
    warehouse: Warehouse, run_id: str, bodies: dict[str, bytes | None]
) -> dict[str, tuple[int, int]]:
    """Replace and publish the tables; return the rows written and deleted of each asset."""
    as_of = clock.now()
    found: dict[str, tuple[int, int]] = {}
    with warehouse.connect(application="cdp landing") as connection:
        _keep(connection, bodies)
        connection.commit()
        with connection.transaction(), connection.cursor() as cursor:
            before = row_counts(connection, [file.asset_key for file in FILES], "")
            for file in FILES:
                rows = _rows(file, bodies[file.name])
                is_changed = replace_table(cursor, file.table, rows)
                publish(
                    cursor,
                    Publication(
                        asset_key=file.asset_key, partition_key="", window=None,
                        row_count=len(rows), input_versions={}, as_of=as_of, is_final=True,
                        code_version=CODE_VERSION, run_id=run_id, is_changed=is_changed,
                    ),
                )  # fmt: skip
                key = file.asset_key
                found[key] = (len(rows), before[key]) if is_changed else (0, 0)
    return found


def _rows(file: FixedFile, body: bytes | None) -> Sequence[object]:
    if body is None:
        return []
    try:
        return file.read(body)
    except BadSourceAnswer as bad:
        where = f"{file.name} {bad.key}" if bad.key else file.name
        hint = "the tables keep their rows; correct the file"
        raise BadSourceAnswer(bad.message, key=where, hint=hint) from None


def _keep(connection: psycopg.Connection, bodies: dict[str, bytes | None]) -> None:
    """Keep each file as received, once per content."""
    for name, body in sorted(bodies.items()):
        if body is not None:
            connection.execute(
                "insert into raw_edition5.files (name, content_hash, fetched_at, body) "
                "values (%s, %s, %s, %s) on conflict do nothing",
                [name, hashlib.sha256(body).hexdigest(), clock.now(), body],
            )
