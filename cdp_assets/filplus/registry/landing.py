"""Landing of the registry and its archive: from stored responses to tables (compliance §3.18).

Scope: reading stored files, the rows that stay when a file cannot be read, replacing a table; not
here: fetching (``github_landing``), what a file says (``rules``), or Dagster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace

import psycopg
from psycopg import sql

from cdp_assets.core.ingestion.source_issues import Issue
from cdp_assets.filplus.registry.github_landing import Directory, contents, older_contents
from cdp_assets.filplus.registry.rows import (
    KnownAllocators,
    RegistryFile,
    RegistryRow,
    registry_rows,
)
from cdp_assets.filplus.registry.rules import BadFile, parse_file
from resources.sources.github_contents import FileContent, ListedFile


@dataclass(frozen=True)
class Folder:
    """One folder of the registry and the table that is built from it."""

    table: str
    path: str
    archived: bool

    @property
    def asset_key(self) -> str:
        """Return the key of the table's asset."""
        return f"filplus/{self.table}"


REGISTRY = Folder("allocator_registry", "Allocators", archived=False)
ARCHIVE = Folder("allocator_registry_archive", "Allocator_Archive", archived=True)


def known_allocators(connection: psycopg.Connection) -> KnownAllocators:
    """Return the ids and addresses of the landed source; of two, the one with the smaller id."""
    rows = connection.execute(
        "select address_id, address, address_eth from raw_dmob.verifier "
        "where address_id <> '' order by id desc"
    )
    return KnownAllocators.of_source(rows)


def read_folder(
    connection: psycopg.Connection, folder: Folder, directory: Directory
) -> tuple[list[RegistryRow], list[Issue]]:
    """Return the rows of a folder and what is wrong with its files."""
    files, issues = parsed_files(connection, directory)
    rows, found = registry_rows(files, known_allocators(connection), archived=folder.archived)
    issues += found
    if not directory.is_complete:
        issues.append(truncated_listing(directory))
    return rows, issues


def parsed_files(
    connection: psycopg.Connection, directory: Directory
) -> tuple[list[RegistryFile], list[Issue]]:
    """Return every listed file that holds an object, in the listing's order.

    A file whose newest content cannot be read or fetched counts as it last could be read.
    """
    stored = contents(connection, directory)
    files: list[RegistryFile] = []
    issues: list[Issue] = []
    for listed in directory.files:
        issue = directory.issues.get(listed.path)
        found = stored.get(listed.path)
        if found is not None:
            file, bad = _first_good(connection, directory, listed, found)
            issue = issue or bad
            if file is not None:
                files.append(file)
                issue = replace(issue, effect="kept_previous") if issue else None
        if issue is not None:
            issues.append(issue)
    return files, issues


def truncated_listing(directory: Directory) -> Issue:
    """Return the issue of a listing that holds as many entries as one page can."""
    detail = "the listing is as long as one page can be: files after the last one may be missing"
    return Issue(directory.location(directory.path), "listing_cut", "recorded", detail)


def _first_good(
    connection: psycopg.Connection, directory: Directory, listed: ListedFile, newest: FileContent
) -> tuple[RegistryFile | None, Issue | None]:
    """Return the newest content that holds an object, and what is wrong with the listed one."""
    location = directory.location(listed.path)
    issue: Issue | None = None
    for content in _all_contents(connection, directory, listed, newest):
        try:
            document = parse_file(content.body)
        except BadFile as bad:
            issue = issue or Issue(location, bad.reason, "skipped", bad.detail)
            continue
        text = content.body.decode("utf-8-sig")
        return RegistryFile(location, listed.path, content.sha, text, document), issue
    return None, issue


def _all_contents(
    connection: psycopg.Connection, directory: Directory, listed: ListedFile, newest: FileContent
) -> Iterator[FileContent]:
    yield newest
    yield from older_contents(connection, directory.repository, listed.path, newest.sha)


def replace_table(cursor: psycopg.Cursor, table: str, rows: Sequence[object]) -> bool:
    """Replace the rows of a table of ``filplus`` if they differ; return whether they did.

    Args:
        cursor: In the transaction that publishes the table.
        table: Its name.
        rows: Records whose fields are its columns in their order.
    """
    target = sql.Identifier("filplus", table)
    cursor.execute(
        sql.SQL(
            "create temporary table incoming (like {} including defaults) on commit drop"
        ).format(target)
    )
    with cursor.copy("copy incoming from stdin") as sink:
        for row in rows:
            sink.write_row(astuple(row))  # type: ignore[call-overload]
    changed = cursor.execute(
        sql.SQL(
            """
            select exists (
                (select i::text from incoming i except all select t::text from {target} t)
                union all
                (select t::text from {target} t except all select i::text from incoming i)
            )
            """
        ).format(target=target)
    ).fetchone()
    if changed == (True,):
        cursor.execute(sql.SQL("delete from {}").format(target))
        cursor.execute(sql.SQL("insert into {} select * from incoming").format(target))
    cursor.execute("drop table incoming")
    return changed == (True,)


def column_names(record: type) -> list[str]:
    """Return the columns of a table by the record of its rows."""
    return [field.name for field in fields(record)]
