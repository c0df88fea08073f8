"""Assets of the registry, its archive and the allocators' bookkeeping (compliance §3.18).

Belongs here: Dagster's side. Does not: what files say, or how they are fetched and stored.
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import clock
from cdp_assets.checked import checked
from cdp_assets.errors import BadConfiguration, BadSourceAnswer
from cdp_assets.failures import SOURCE_RETRIES, explained
from cdp_assets.filplus import bookkeeping_landing
from cdp_assets.filplus.bookkeeping_landing import fetch_repositories, merged_rows
from cdp_assets.filplus.github_landing import fetch_directory
from cdp_assets.filplus.github_source import github_contents
from cdp_assets.filplus.registry_issues import Issue, replace_issues
from cdp_assets.filplus.registry_landing import (
    ARCHIVE,
    REGISTRY,
    Folder,
    read_folder,
    replace_table,
)
from cdp_assets.filplus.registry_rules import is_registry_file
from cdp_assets.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.materialization import materialized
from cdp_assets.run_context import note_launch
from cdp_assets.settings import get_settings
from resources.github_contents import GitHubContents
from resources.publication import Publication, input_versions, publish, record_run, row_counts
from resources.warehouse import Warehouse

CODE_VERSION = "1"
_ROWS_CHECK = "every_file_makes_a_row"
_VALUES_CHECK = "every_value_is_readable"
_CHECKS = (
    (_ROWS_CHECK, ("left_out", "kept_older"), "Every file and repository that is named is read "
     "and makes its row; what is left out or kept as it was before is counted by reason."),
    (_VALUES_CHECK, ("noted",), "Sizes, amounts and addresses can be read and agree with the "
     "source database; entries of which one does not are counted by reason."),
)  # fmt: skip
_FOLDER_TEXTS = {
    REGISTRY.table: (
        "One row per allocator of the governance repository (edition 6), by id, read from GitHub. "
        "The first five columns equal the live table; the others are read from the file. A file "
        "that cannot be read keeps the row it had and is listed in ops.registry_issues. Null "
        "means that the file does not say it."
    ),
    ARCHIVE.table: (
        "One row per allocator of the governance repository's archive (edition 5), by id, read "
        "from GitHub. Rejected means that its status is not Active. A file that cannot be read "
        "keeps the row it had and is listed in ops.registry_issues. Null means that the file does "
        "not say it."
    ),
}
_BOOKKEEPING_TEXT = (
    "One row per allocator and client: the client's application in the allocator's repository on "
    "GitHub. Read for allocators of the registry without a failed audit; a row whose file vanished "
    "stays and says since when. What cannot be read is listed in ops.registry_issues. Null means "
    "that the application does not say it, or not as a size."
)


@dataclass(frozen=True)
class Landed:
    """What a landing found: the whole table as it is to be, what is wrong, what was listed."""

    rows: Sequence[object]
    issues: list[Issue]
    files: int


Land = Callable[[psycopg.Connection, GitHubContents], Landed]


def build_registry_assets() -> list[dg.AssetsDefinition]:
    """Return the three assets."""
    return [
        *(
            _asset(
                folder.table, _FOLDER_TEXTS[folder.table], ("raw_dmob/verifier",),
                land_folder(folder),
            )
            for folder in (REGISTRY, ARCHIVE)
        ),
        _asset(
            bookkeeping_landing.TABLE, _BOOKKEEPING_TEXT,
            ("filplus/allocator_registry", "raw_dmob/verified_client"), land_bookkeeping,
            pii="contact",
        ),
    ]  # fmt: skip


def land_folder(folder: Folder) -> Land:
    """Return how a folder of the registry is landed.

    Raises, when called:
        BadConfiguration: The configured repository has no such folder.
        BadSourceAnswer: No file of it makes a row, so that an empty table would replace a good one.
    """

    def land(connection: psycopg.Connection, github: GitHubContents) -> Landed:
        repository = get_settings().github_registry
        directory = fetch_directory(connection, github, repository, folder.path, is_registry_file)
        if directory.state != "listed":
            raise BadConfiguration(
                f"{repository} on GitHub has no folder {folder.path}",
                key="CDP_GITHUB_REGISTRY",
                hint="correct the setting; the table keeps its rows",
            )
        rows, issues = read_folder(connection, folder, directory)
        if not rows:
            raise BadSourceAnswer(
                f"none of {len(directory.files)} files makes a row",
                key=f"{repository}/{folder.path}",
                hint="the table keeps its rows; look at the repository",
            )
        return Landed(rows, issues, len(directory.files))

    return land


def land_bookkeeping(connection: psycopg.Connection, github: GitHubContents) -> Landed:
    """Land the bookkeeping of the registry's allocators."""
    found = fetch_repositories(connection, github)
    rows, issues = merged_rows(connection, found, clock.now())
    return Landed(rows, issues, sum(len(directory.files) for directory in found.read))


def _asset(
    table: str, description: str, inputs: tuple[str, ...], land: Land, *, pii: str = "none"
) -> dg.AssetsDefinition:
    key = f"filplus/{table}"

    @dg.asset(
        name=table,
        key_prefix="filplus",
        description=description,
        deps=[dg.AssetKey(name.split("/")) for name in inputs],
        group_name="filplus_sources",
        owners=["filplus-data@example.org"],
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
        code_version=CODE_VERSION,
        retry_policy=SOURCE_RETRIES,
        pool="github",
        check_specs=[
            dg.AssetCheckSpec(name, asset=key.split("/"), description=text)
            for name, _, text in _CHECKS
        ],
    )
    def registry_asset(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        with (
            explained(),
            warehouse.lock_tables([key]),
            record_run(
                warehouse, run_id=context.run.run_id, asset_keys=[key], partition_keys=[""],
                window=None, launched_by=note_launch(context, warehouse),
            ) as record,
        ):  # fmt: skip
            with warehouse.connect(autocommit=True) as connection:
                before = row_counts(connection, [key], "")[key]
            landed, is_changed = land_table(context.run.run_id, warehouse, table, inputs, land)
            record.rows_written = len(landed.rows) if is_changed else 0
            record.rows_deleted = before if is_changed else 0
        yield materialized(context, warehouse, key, figures=_figures(landed))
        yield from _check_results(key, landed)

    return registry_asset


def land_table(
    run_id: str, warehouse: Warehouse, table: str, inputs: tuple[str, ...], land: Land
) -> tuple[Landed, bool]:
    """Ask GitHub, then replace the table and publish it; tell also whether that changed it."""
    as_of = clock.now()
    with warehouse.connect(autocommit=True, application="cdp landing") as connection:
        with connection.cursor() as cursor:
            versions = input_versions(cursor, list(inputs))
        with github_contents(get_settings(), warehouse) as github:
            landed = land(connection, github)
        with connection.transaction(), connection.cursor() as cursor:
            is_changed = replace_table(cursor, table, landed.rows)
            replace_issues(cursor, f"filplus/{table}", landed.issues, as_of)
            publish(
                cursor,
                Publication(
                    asset_key=f"filplus/{table}", partition_key="", window=None,
                    row_count=len(landed.rows), input_versions=versions, as_of=as_of,
                    is_final=False, code_version=CODE_VERSION, run_id=run_id,
                    is_changed=is_changed,
                ),
            )  # fmt: skip
    return landed, is_changed


def _figures(landed: Landed) -> dict[str, int]:
    effects = [issue.effect for issue in landed.issues]
    return {
        "files_listed": landed.files,
        "left_out": effects.count("left_out"),
        "kept_older": effects.count("kept_older"),
        "noted": effects.count("noted"),
    }


def _check_results(key: str, landed: Landed) -> Iterator[dg.AssetCheckResult]:
    for name, effects, rule in _CHECKS:
        found = [issue for issue in landed.issues if issue.effect in effects]
        reasons = sorted({issue.reason for issue in found})
        counts = {reason: sum(i.reason == reason for i in found) for reason in reasons}
        named = ", ".join(f"{reason} {count}" for reason, count in counts.items())
        of_effect = ", ".join(f"'{effect}'" for effect in sorted(effects))
        yield checked(
            key,
            name,
            rule,
            failing_rows=len(found),
            found=f"{len(found)} of {landed.files:,} files: {named}."
            if found
            else f"All {landed.files:,} files are as they should be.",
            samples=[f"{issue.location}: {issue.detail}" for issue in found],
            sql="select * from ops.registry_issues "
            f"where asset_key = '{key}' and effect in ({of_effect}) order by location",
            severity=dg.AssetCheckSeverity.WARN,
            figures={"by_reason": dg.MetadataValue.json(counts)},
        )
