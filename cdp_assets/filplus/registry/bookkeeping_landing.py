"""Landing of allocators' bookkeeping: one row per allocator and client (compliance §2.4, §3.18).

Scope: which repositories are read, whose application a file is, rows that vanished; not here:
fetching (``github_landing``), what an application says (``bookkeeping_rules``), or Dagster.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

import psycopg
from psycopg.rows import class_row

from cdp_assets.core.ingestion.source_issues import Issue, previously_failed_locations
from cdp_assets.errors import CdpError
from cdp_assets.filplus.registry.bookkeeping_rules import Application, read_application
from cdp_assets.filplus.registry.github_landing import Directory, fetch_directory
from cdp_assets.filplus.registry.landing import parsed_files, truncated_listing
from cdp_assets.filplus.registry.rows import RegistryFile
from cdp_assets.units import counted
from resources.codecs.addresses import one_form_or_text
from resources.sources.github_contents import GitHubContents

TABLE = "allocator_client_bookkeeping"
ASSET_KEY = f"filplus/{TABLE}"
_REPOSITORY = ("repository", "repositories")
FOLDER = "applications"


@dataclass(frozen=True)
class BookkeepingRow:
    """One row of the table; the fields are its columns in their order."""

    allocator_id: str
    client_id: str
    client_address: str
    json_path: str
    bookkeeping_info: str
    client_name: str | None
    client_contract_address: str | None
    declared_providers: list[str]
    is_public_dataset: bool | None
    confirms_open_data: bool
    total_requested_amount_bytes: Decimal | int | None
    expected_size_of_single_dataset_bytes: Decimal | int | None
    blob_sha: str
    absent_since: datetime | None

    @property
    def key(self) -> tuple[str, str]:
        """Return allocator and client."""
        return self.allocator_id, self.client_id


@dataclass
class Repositories:
    """What GitHub says about all bookkeeping repositories.

    Attributes:
        allocators: Ids of the allocators of each repository, in order.
        read: Repositories whose listing was received.
        issues: Repositories that could not be read, or that hold no applications.
        failures: Why they could not be read.
    """

    allocators: Mapping[str, list[str]]
    read: list[Directory] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    failures: list[CdpError] = field(default_factory=list)


def repositories_to_read(connection: psycopg.Connection) -> dict[str, list[str]]:
    """Return allocators by repository: those with one on GitHub and without a failed audit."""
    rows = connection.execute(
        """
        select bookkeeping_repository, array_agg(allocator_id order by allocator_id)
        from filplus.allocator_registry
        where bookkeeping_repository is not null
            and not jsonb_path_exists(audits, '$[*] ? (@.outcome == "failed")')
        group by bookkeeping_repository order by bookkeeping_repository
        """
    )
    return dict(rows.fetchall())


def fetch_repositories(connection: psycopg.Connection, github: GitHubContents) -> Repositories:
    """Fetch every repository; one that fails is an issue, and the others are still read.

    Raises:
        CdpError: None of them could be read, so GitHub itself is the problem.
    """
    found = Repositories(repositories_to_read(connection))
    previously_failed = previously_failed_locations(connection)
    for repository in sorted(found.allocators, key=lambda name: name in previously_failed):
        try:
            directory = fetch_directory(
                connection, github, repository, FOLDER, lambda name: name.endswith(".json")
            )
        except CdpError as failure:
            found.failures.append(failure)
            detail = f"it could not be listed: {failure.message}"
            found.issues.append(Issue(repository, "not_read", "kept_previous", detail))
            continue
        found.read.append(directory)
        found.issues += _issues_of(directory)
    if found.failures and not found.read:
        first = found.failures[0]
        raise type(first)(
            f"no bookkeeping could be read, of {counted(len(found.allocators), *_REPOSITORY)}; "
            f"the first: {first.message}",
            key=ASSET_KEY,
            hint="the table stays as it is; ops.source_health has the state of GitHub",
        )
    found.read.sort(key=lambda directory: directory.repository)
    return found


def merged_rows(
    connection: psycopg.Connection, found: Repositories, as_of: datetime
) -> tuple[list[BookkeepingRow], list[Issue]]:
    """Return the complete new content of the table, by allocator and client, and the issues.

    Rows of repositories that were not read stay as they are; a row whose file is no longer listed
    stays, too, with the clock of the run that missed it first (R-14).
    """
    before = _present_rows(connection)
    rows = {row.key: row for row in before}
    clients = _clients(connection)
    issues = list(found.issues)
    for directory in found.read:
        files, wrong = parsed_files(connection, directory)
        issues += wrong
        allocators = found.allocators[directory.repository]
        fresh = _rows_of(files, clients, allocators, issues)
        listed = {file.path for file in directory.files}
        stale = [row for row in before if row.allocator_id in allocators and row.key not in fresh]
        rows |= {row.key: _vanished(row, listed, directory, as_of) for row in stale} | fresh
    return [rows[key] for key in sorted(rows)], issues


def _present_rows(connection: psycopg.Connection) -> list[BookkeepingRow]:
    with connection.cursor(row_factory=class_row(BookkeepingRow)) as cursor:
        return cursor.execute(
            """
            select b.*, b.bookkeeping_info::text as bookkeeping_info
            from filplus.allocator_client_bookkeeping b
            """
        ).fetchall()


def _rows_of(
    files: Iterable[RegistryFile],
    clients: Mapping[str, str],
    allocators: Sequence[str],
    issues: list[Issue],
) -> dict[tuple[str, str], BookkeepingRow]:
    """Return the rows of one repository, by key; of two files of a client the later one counts."""
    rows: dict[tuple[str, str], BookkeepingRow] = {}
    for file in files:
        application = read_application(dict(file.document), file.location)
        client = clients.get(one_form_or_text(application.client_address or ""))
        issues += _application_issues(file, application, client)
        if client is None:
            continue
        for allocator in allocators:
            row = _row(file, application, allocator, client)
            if row.key in rows:
                detail = f"{file.path} is of the same client {client}"
                where = file.location.removesuffix(file.path) + rows[row.key].json_path
                issues.append(Issue(where, "duplicate_client", "skipped", detail))
            rows[row.key] = row
    return rows


def _row(
    file: RegistryFile, application: Application, allocator: str, client: str
) -> BookkeepingRow:
    return BookkeepingRow(
        allocator_id=allocator,
        client_id=client,
        client_address=application.client_address or "",
        json_path=file.path,
        bookkeeping_info=file.text,
        client_name=application.client_name,
        client_contract_address=application.client_contract_address,
        declared_providers=application.declared_providers,
        is_public_dataset=application.is_public_dataset,
        confirms_open_data=application.confirms_open_data,
        total_requested_amount_bytes=application.total_requested_amount_bytes,
        expected_size_of_single_dataset_bytes=application.expected_size_of_single_dataset_bytes,
        blob_sha=file.sha,
        absent_since=None,
    )


def _application_issues(
    file: RegistryFile, application: Application, client: str | None
) -> list[Issue]:
    issues = []
    if application.client_address is None:
        detail = "the application names no client (ID)"
        issues.append(Issue(file.location, "no_client", "skipped", detail))
    elif client is None:
        detail = f"the source knows no client with address {application.client_address}"
        issues.append(Issue(file.location, "unknown_client", "skipped", detail))
    else:
        issues += application.issues
    return issues


def _vanished(
    row: BookkeepingRow, listed: set[str], directory: Directory, as_of: datetime
) -> BookkeepingRow:
    if row.json_path in listed or not directory.is_complete or row.absent_since is not None:
        return row
    return replace(row, absent_since=as_of.astimezone(UTC).replace(tzinfo=None))


def _issues_of(directory: Directory) -> list[Issue]:
    if directory.state == "gone":
        detail = "the repository is gone or private; rows of it are marked absent"
        return [Issue(directory.repository, "repository_gone", "skipped", detail)]
    if directory.state == "absent":
        detail = f"the repository has no folder {FOLDER}"
        return [Issue(directory.repository, "no_applications", "skipped", detail)]
    return [] if directory.is_complete else [truncated_listing(directory)]


def _clients(connection: psycopg.Connection) -> dict[str, str]:
    """Return the ids of the landed source's clients by id and by address, each in its one form.

    Of two clients with one address the first by row id counts.
    """
    rows = connection.execute(
        "select address, address_id from raw_dmob.verified_client "
        "where address_id <> '' order by id desc"
    ).fetchall()
    by_address = {one_form_or_text(address): actor_id for address, actor_id in rows if address}
    return {actor_id: actor_id for _, actor_id in rows} | by_address
