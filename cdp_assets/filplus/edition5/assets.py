"""Assets of the fixed edition-5 statistics, read from a configured folder or address.

Scope: Dagster's side and the order of the files; not here: what a file says.
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
from psycopg import sql

from cdp_assets import clock
from cdp_assets.core.checks.check_results import check_result
from cdp_assets.core.checks.sql_check import evaluate
from cdp_assets.core.ingestion.client_factory import recorded_client
from cdp_assets.core.ingestion.source_issues import Issue, replace_issues
from cdp_assets.core.planning.asset_facts import SOURCE_SETTING
from cdp_assets.core.runs.partition_run import PartitionRun, partition_run
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.errors import BadConfiguration, InvalidSourceResponse
from cdp_assets.filplus.edition5 import rules as rules
from cdp_assets.filplus.edition5.checks import CHECKS
from cdp_assets.filplus.registry.landing import known_allocators, replace_table
from cdp_assets.filplus.registry.rows import KnownAllocators
from cdp_assets.settings import Settings, get_settings
from cdp_assets.units import counted
from resources.postgres.warehouse import Warehouse
from resources.sources.json_files import Folder, WebFolder

CODE_VERSION = "2"  # 2: an id or address is known in every form
_VARIABLE = "CDP_EDITION5_SOURCE"
_CHECK = "file_exists"
_HINT = "its table stays as it is; correct the file"


class _Files(Protocol):
    def read(self, name: str) -> bytes | None: ...


@dataclass(frozen=True)
class FixedFile:
    """One file, its table and how it is read; only an optional one may be absent."""

    name: str
    table: str
    read: Callable[[bytes, KnownAllocators], tuple[Sequence[object], list[Issue]]]
    is_optional: bool = False

    @property
    def asset_key(self) -> str:
        """Return the key of the table's asset."""
        return f"filplus/{self.table}"


FILES = (
    FixedFile(rules.AUDIT_STATES, "edition5_audit_states", rules.read_audit_states),
    FixedFile("edition5_AuditTimesByRound.json", "edition5_audit_times", rules.read_audit_times),
    FixedFile(rules.PATHWAYS, "edition5_pathways", rules.read_pathways),
    FixedFile(
        rules.AUDIT_OUTCOMES,
        "edition5_monthly_outcomes",
        rules.read_monthly_outcomes,
        is_optional=True,
    ),
)


def _spec(file: FixedFile) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=file.asset_key.split("/"),
        group_name="filplus_sources",
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
        metadata={SOURCE_SETTING: "edition5_source"},
        code_version=CODE_VERSION,
    )


@dg.multi_asset(
    name="edition5_statistics",
    specs=[_spec(file) for file in FILES],
    check_specs=[
        *(
            dg.AssetCheckSpec(
                _CHECK,
                asset=file.asset_key.split("/"),
                description="The file it is read from exists.",
            )
            for file in FILES
        ),
        *(check.spec() for check in CHECKS),
    ],
    retry_policy=SOURCE_RETRIES,
)
def edition5_statistics(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Read the fixed statistics of edition 5, each file and its table separately."""
    problem_of: dict[str, str | None] = {}
    failures: list[dg.Failure] = []
    for file in FILES:
        try:
            with partition_run(
                context, warehouse, [file.asset_key], code_version=CODE_VERSION
            ) as run:
                with open_files(get_settings(), warehouse) as files:
                    body = files.read(file.name)
                problem_of[file.name] = _store(run, file, body)
        except dg.Failure as failure:
            failures.append(failure)
            continue
        yield run.result(file.asset_key)
        yield file_check(file, problem_of[file.name])
        yield from _checks_of_rows(warehouse, file)
    if failures:  # all of them are in ops.runs; the step retries if one of them may pass
        raise min(failures, key=lambda one: not one.allow_retries)


def file_check(file: FixedFile, problem: str | None) -> dg.AssetCheckResult:
    """Return the check that a file is there; ``problem`` is what is wrong with it, or null."""
    return check_result(
        file.asset_key,
        _CHECK,
        "The file it is read from exists.",
        failing_rows=0 if problem is None else 1,
        samples=[] if problem is None else [file.name],
        found=f"The file {file.name} {problem or 'is there'}.",
        sql="select name, content_hash, fetched_at from raw_edition5.files "
        f"where name = '{file.name}' order by fetched_at desc",
        severity=dg.AssetCheckSeverity.WARN,
    )


def _checks_of_rows(warehouse: Warehouse, file: FixedFile) -> Iterator[dg.AssetCheckResult]:
    with warehouse.connect(autocommit=True, application="cdp quality") as connection:
        for check in CHECKS:
            if check.asset_key == file.asset_key:
                yield evaluate(connection, check, {})


@contextmanager
def open_files(settings: Settings, warehouse: Warehouse) -> Iterator[_Files]:
    """Open the configured folder or address.

    Raises:
        BadConfiguration: None is named.
    """
    source = settings.edition5_source
    if source is None:
        raise BadConfiguration(
            "the fixed statistics of edition 5 (audit states, times by round, monthly outcomes, "
            "pathways) are not named",
            key=_VARIABLE,
            hint="set it to the folder or web address that holds edition5_AuditStates.json and "
            "its neighbours; everything else works without",
        )
    if not source.startswith(("http://", "https://")):
        yield Folder(Path(source))
        return
    with recorded_client(warehouse, "edition5", source) as http:
        yield WebFolder(http)


def _store(run: PartitionRun, file: FixedFile, body: bytes | None) -> str | None:
    """Replace and publish a table; one that has rows never loses them to a file without any.

    Returns:
        What is wrong with the file; null: nothing.

    Raises:
        BadConfiguration: The file is absent, and the table has no rows.
        InvalidSourceResponse: The file cannot be read, or holds what the table cannot hold.
    """
    with run.connection("cdp landing") as connection:
        if body is not None:
            _store_body(connection, file.name, body)
        rows, issues = _rows(file, body, known_allocators(connection))
        with run.transaction(connection) as cursor:
            before = _count(cursor, file.table)
            if body is None and before == 0 and not file.is_optional:
                raise BadConfiguration(
                    f"it holds no {file.name}",
                    key=_VARIABLE,
                    hint="name the folder that holds all of them",
                )
            stays = not rows and before > 0
            is_changed = not stays and _replace(cursor, file, rows)
            if not stays:
                replace_issues(cursor, file.asset_key, issues, run.as_of)
            run.publish(
                cursor,
                file.asset_key,
                before if stays else len(rows),
                written=(len(rows), before) if is_changed else (0, 0),
                is_final=True,
                is_changed=is_changed,
            )
    problem = "is not there" if body is None else "holds no entry" if stays else None
    if stays:
        problem = f"{problem}; the table still has its previous {counted(before, 'row')}"
    return problem


def _replace(cursor: psycopg.Cursor, file: FixedFile, rows: Sequence[object]) -> bool:
    try:
        return replace_table(cursor, file.table, rows)
    except (psycopg.DataError, UnicodeEncodeError) as error:
        raise InvalidSourceResponse(
            f"it holds a value that its table cannot hold ({type(error).__name__})",
            key=file.name,
            hint=_HINT,
        ) from None


def _count(cursor: psycopg.Cursor, table: str) -> int:
    query = sql.SQL("select count(*) from {}").format(sql.Identifier("filplus", table))
    row = cursor.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _rows(
    file: FixedFile, body: bytes | None, known: KnownAllocators
) -> tuple[Sequence[object], list[Issue]]:
    if body is None:
        return [], []
    try:
        return file.read(body, known)
    except InvalidSourceResponse as bad:
        where = f"{file.name} {bad.key}" if bad.key else file.name
        raise InvalidSourceResponse(bad.message, key=where, hint=_HINT) from None


def _store_body(connection: psycopg.Connection, name: str, body: bytes) -> None:
    """Store a file as received, once per content."""
    connection.execute(
        "insert into raw_edition5.files (name, content_hash, fetched_at, body) "
        "values (%s, %s, %s, %s) on conflict do nothing",
        [name, hashlib.sha256(body).hexdigest(), clock.now(), body],
    )
