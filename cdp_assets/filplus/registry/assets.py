"""Assets of the registry, its archive and the allocators' bookkeeping (compliance §3.18).

Scope: Dagster's side; not here: what files say, or how they are fetched and stored.
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import clock
from cdp_assets.core.checks.check_results import check_result
from cdp_assets.core.ingestion.source_issues import Issue, replace_issues
from cdp_assets.core.planning.asset_facts import SOURCE_SETTING
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext, partition_run
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.errors import BadConfiguration, InvalidSourceResponse
from cdp_assets.filplus.registry import bookkeeping_landing
from cdp_assets.filplus.registry.bookkeeping_landing import fetch_repositories, merged_rows
from cdp_assets.filplus.registry.github_landing import fetch_directory
from cdp_assets.filplus.registry.github_source import github_contents
from cdp_assets.filplus.registry.landing import (
    ARCHIVE,
    REGISTRY,
    Folder,
    read_folder,
    replace_table,
)
from cdp_assets.filplus.registry.rules import is_registry_file
from cdp_assets.settings import get_settings
from cdp_assets.units import counted
from resources.postgres.warehouse import Warehouse
from resources.sources.github_contents import GitHubContents

CODE_VERSION = "2"  # 2: an id or address is known in every form
_ROWS_CHECK = "files_have_rows"
_VALUES_CHECK = "every_value_is_readable"
_CHECKS = (
    (
        _ROWS_CHECK,
        ("skipped", "kept_previous"),
        "Every named file and repository is read and has its row; "
        "those that are skipped or have their previous row are counted by reason.",
    ),
    (
        _VALUES_CHECK,
        ("recorded",),
        "Sizes, amounts and addresses can be read and agree with the "
        "source database; entries with one that does not are counted by reason.",
    ),
)


@dataclass(frozen=True)
class Landed:
    """What a landing found: the full new table, what is wrong, how many files were listed."""

    rows: Sequence[object]
    issues: list[Issue]
    files: int


Land = Callable[[psycopg.Connection, GitHubContents], Landed]


def build_registry_assets() -> list[dg.AssetsDefinition]:
    """Return the three assets."""
    return [
        *(
            _asset(folder.table, ("raw_dmob/verifier",), land_folder(folder))
            for folder in (REGISTRY, ARCHIVE)
        ),
        _asset(
            bookkeeping_landing.TABLE,
            ("filplus/allocator_registry", "raw_dmob/verified_client"),
            land_bookkeeping,
            pii="contact",
        ),
    ]


def land_folder(folder: Folder) -> Land:
    """Return the function that lands a folder of the registry.

    Raises, when called:
        BadConfiguration: The configured repository has no such folder.
        InvalidSourceResponse: No file of it has a row: an empty table would replace a good one.
    """

    def land(connection: psycopg.Connection, github: GitHubContents) -> Landed:
        repository = get_settings().github_registry
        directory = fetch_directory(connection, github, repository, folder.path, is_registry_file)
        if directory.state != "listed":
            raise BadConfiguration(
                f"{repository} on GitHub has no folder {folder.path}",
                key="CDP_GITHUB_REGISTRY",
                hint="correct the setting; the table's rows stay",
            )
        rows, issues = read_folder(connection, folder, directory)
        if not rows:
            raise InvalidSourceResponse(
                f"none of {counted(len(directory.files), 'file')} has a row",
                key=f"{repository}/{folder.path}",
                hint="the table's rows stay; look at the repository",
            )
        return Landed(rows, issues, len(directory.files))

    return land


def land_bookkeeping(connection: psycopg.Connection, github: GitHubContents) -> Landed:
    """Land the bookkeeping of the registry's allocators."""
    found = fetch_repositories(connection, github)
    rows, issues = merged_rows(connection, found, clock.now())
    return Landed(rows, issues, sum(len(directory.files) for directory in found.read))


def _asset(
    table: str, inputs: tuple[str, ...], land: Land, *, pii: str = "none"
) -> dg.AssetsDefinition:
    key = f"filplus/{table}"

    @dg.asset(
        name=table,
        key_prefix="filplus",
        deps=[dg.AssetKey(name.split("/")) for name in inputs],
        group_name="filplus_sources",
        kinds={"python", "postgres"},
        tags={
            "domain": "filplus",
            "layer": "landing",
            "cadence": "hourly",
            "pii": pii,
            "tier": "1",
            "source": "github",
        },
        freshness_policy=FRESHNESS_BY_CADENCE["hourly"],
        metadata={SOURCE_SETTING: "github_api_url"},
        code_version=CODE_VERSION,
        retry_policy=SOURCE_RETRIES,
        check_specs=[
            dg.AssetCheckSpec(name, asset=key.split("/"), description=text)
            for name, _, text in _CHECKS
        ],
    )
    def registry_asset(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        run, landed = land_table(context, warehouse, table, inputs, land)
        yield run.result(key, metadata=_metadata(landed))
        yield from check_results(key, landed)

    return registry_asset


def land_table(
    context: RunContext, warehouse: Warehouse, table: str, inputs: tuple[str, ...], land: Land
) -> tuple[PartitionRun, Landed]:
    """Fetch from GitHub, then replace the table and publish it."""
    key = f"filplus/{table}"
    with (
        partition_run(
            context, warehouse, [key], inputs=inputs, code_version=CODE_VERSION, source="github"
        ) as run,
        run.connection("cdp landing") as connection,
    ):
        with github_contents(get_settings(), warehouse) as github:
            landed = land(connection, github)
        with run.transaction(connection) as cursor:
            is_changed = replace_table(cursor, table, landed.rows)
            replace_issues(cursor, key, landed.issues, run.as_of)
            run.publish(cursor, key, len(landed.rows), is_changed=is_changed)
    return run, landed


def _metadata(landed: Landed) -> dict[str, int]:
    effects = [issue.effect for issue in landed.issues]
    return {
        "files_listed": landed.files,
        "skipped": effects.count("skipped"),
        "kept_previous": effects.count("kept_previous"),
        "recorded": effects.count("recorded"),
    }


def check_results(key: str, landed: Landed) -> Iterator[dg.AssetCheckResult]:
    """Return the checks of a table's files: all of them have a row, every value is readable."""
    for name, effects, rule in _CHECKS:
        found = [issue for issue in landed.issues if issue.effect in effects]
        reasons = sorted({issue.reason for issue in found})
        counts = {reason: sum(i.reason == reason for i in found) for reason in reasons}
        named = ", ".join(f"{reason} {count}" for reason, count in counts.items())
        of_effect = ", ".join(f"'{effect}'" for effect in sorted(effects))
        yield check_result(
            key,
            name,
            rule,
            failing_rows=len(found),
            found=f"{len(found)} of {counted(landed.files, 'file')}: {named}."
            if found
            else f"{counted(landed.files, 'file')}, each as it should be.",
            samples=[f"{issue.location}: {issue.detail}" for issue in found],
            sql="select * from ops.registry_issues "
            f"where asset_key = '{key}' and effect in ({of_effect}) order by location",
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"by_reason": dg.MetadataValue.json(counts)},
        )
