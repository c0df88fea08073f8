"""The command line: everything that make does, and more, works through it.

Exit codes: 0 done, 1 failed with one sentence, 2 wrong usage. Belongs here: arguments and printing.
Does not: any work. Commands import what they need when they run, so that `--help` is quick and
settings are read before the framework.
"""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from cdp_assets.errors import CdpError
from cdp_assets.score_commands import add_score_commands
from cdp_assets.settings import Settings, get_settings, variable_name

_EXIT_CODES = "Exit codes: 0 done, 1 failed with one sentence, 2 wrong usage."
_INTERRUPTED = 130  # what the framework makes of Ctrl-C
_Command = TypeVar("_Command", bound=Callable[..., None])

app = typer.Typer(
    name="cdp",
    help="Filecoin Plus compliance and validator P&L over Dagster and Postgres.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
add_score_commands(app, _EXIT_CODES)


def main() -> None:
    """Run the command line; a failure we foresaw is one sentence on stderr and exit code 1."""
    try:
        app(prog_name="cdp")
    except CdpError as error:
        print(f"cdp: {error}", file=sys.stderr)
        sys.exit(1)
    except SystemExit as ended:
        if ended.code != _INTERRUPTED:
            raise
        print("cdp: stopped by you; what was started by this command was ended", file=sys.stderr)
        sys.exit(1)


def _command(function: _Command) -> _Command:
    """Add a command; its help ends with the exit codes, as every command's does (F-12)."""
    return app.command(epilog=_EXIT_CODES)(function)


@_command
def demo(
    deals: Annotated[int, typer.Option(help="Deals of the simulated source.")] = 40_000,
    serve: Annotated[bool, typer.Option(help="Leave the UI and the query layer running.")] = True,
) -> None:
    """Bring an empty machine to checked tables over a simulated world.

    Example: cdp demo
    """
    from cdp_assets.demo import run_demo

    sys.exit(run_demo(deals=deals, serve=serve, say=_say))


@_command
def up() -> None:
    """Serve the Dagster UI, the daemon, the code server and the query layer.

    Example: cdp up
    """
    from cdp_assets.demo import world_services
    from cdp_assets.stack import start_stack

    settings = _settings()
    start_stack(settings, _say, also=world_services(settings))


@_command
def down() -> None:
    """End everything that `up` or `demo` started; data stays.

    Example: cdp down
    """
    from cdp_assets.stack import stop_stack

    for line in stop_stack(_settings()):
        _say(line)


@_command
def status() -> None:
    """Show processes, newest partitions, open alerts and what is due.

    Example: cdp status
    """
    from cdp_assets.status import describe

    for line in describe(_settings()):
        print(line)


@_command
def doctor() -> None:
    """Check Python, disk, memory, rights and ports; exit 1 if something is wrong.

    Example: cdp doctor
    """
    from cdp_assets.doctor import examine

    findings = examine(_settings())
    for finding in findings:
        print(f"{'ok ' if finding.is_good else 'BAD'}  {finding.what}")
        if finding.advice:
            print(f"     {finding.advice}")
    if not all(finding.is_good for finding in findings):
        sys.exit(1)


@_command
def clean(
    confirm: Annotated[str, typer.Option(help="Must be `yes`: this deletes all data.")] = "",
) -> None:
    """Delete the state folder with the embedded server's data.

    Example: cdp clean --confirm yes
    """
    from cdp_assets.stack import remove_state, stop_stack

    settings = _settings()
    if confirm != "yes":
        print(
            f"cdp: this deletes {settings.state_dir} and the embedded server's data; "
            "say `cdp clean --confirm yes` or `make clean CONFIRM=yes`",
            file=sys.stderr,
        )
        sys.exit(1)
    for line in stop_stack(settings):
        _say(line)
    _say(remove_state(settings))


@_command
def manifest() -> None:
    """Parse the dbt project and write its manifest, if its files changed.

    Example: cdp manifest
    """
    from resources.dbt_runner import make_manifest

    _say(f"{make_manifest()} is of the present files")


@_command
def migrate(
    show: Annotated[
        bool, typer.Option("--status", help="Only show where the database is.")
    ] = False,
    undo: Annotated[int, typer.Option("--down", help="Undo this many migrations.")] = 0,
) -> None:
    """Create schemas, tables, roles and views, or what of them is absent.

    Example: cdp migrate --status
    """
    from cdp_assets.migrate import migrate_warehouse
    from resources import migrator
    from resources.servers import start_servers

    found = start_servers(_settings())
    if show:
        for migration in migrator.status(found.warehouse):
            state = "applied" if migration.is_applied else "absent "
            print(f"{migration.revision} {state} {migration.title}")
    elif undo:
        migrator.migrate_down(found.warehouse, undo)
        _say(f"{undo} migrations undone")
    else:
        done = migrate_warehouse(found.warehouse, _say)
        _say(f"{len(done)} changes applied" if done else "nothing to do")


@_command
def refresh(
    select: Annotated[
        list[str] | None, typer.Option(help="Dagster asset selection; may be repeated.")
    ] = None,
    from_: Annotated[datetime | None, typer.Option("--from", help="UTC, inclusive.")] = None,
    to: Annotated[datetime | None, typer.Option("--to", help="UTC, exclusive.")] = None,
    sync: Annotated[bool, typer.Option(help="Land the sources first.")] = True,
    full_sweep: Annotated[bool, typer.Option(help="Compare every block of ids.")] = False,
) -> None:
    """Sync the sources and materialize what is due, in order.

    Example: cdp refresh --select 'group:filplus_weekly' --from 2026-03-02 --to 2026-03-09
    """
    from cdp_assets.demo import start_world
    from cdp_assets.session import open_session
    from cdp_assets.stack import ended_on_failure

    started = time.monotonic()
    window = _window(from_, to)
    settings = _settings()
    with ended_on_failure(settings):
        start_world(settings, _say)
        with open_session(settings, user=_user(), say=_say) as session:
            report = session.refresh(select or [], window, sync=sync, full_sweep=full_sweep)
    seconds = time.monotonic() - started
    _say(f"{len(report.runs)} runs in {seconds:.1f} s, {len(report.failed)} failed")
    for run in report.failed:
        print(f"cdp: {run.name} {run.first}..{run.last}: {run.error}", file=sys.stderr)
    if report.failed:
        sys.exit(1)


@_command
def backfill(
    key: Annotated[str, typer.Argument(help="Asset key, such as filplus/providers_weekly.")],
    from_: Annotated[datetime, typer.Option("--from", help="UTC, inclusive.")],
    to: Annotated[datetime, typer.Option("--to", help="UTC, exclusive.")],
    dry_run: Annotated[
        bool, typer.Option(help="Only print partitions, runs and estimate.")
    ] = False,
) -> None:
    """Make every partition of one asset in a range again.

    Example: cdp backfill filplus/unified_verified_deal_hourly --from 2026-03-02 --to 2026-03-09
    """
    from cdp_assets.demo import start_world
    from cdp_assets.session import open_session
    from cdp_assets.stack import ended_on_failure

    window = _window(from_, to)
    assert window is not None
    settings = _settings()
    with ended_on_failure(settings):
        if not dry_run:
            start_world(settings, _say)
        with open_session(settings, user=_user(), say=_say) as session:
            failed = session.backfill(key, window, dry_run=dry_run)
    for run in failed:
        print(f"cdp: {run.name} {run.first}..{run.last}: {run.error}", file=sys.stderr)
    if failed:
        sys.exit(1)


@_command
def simulate(
    deals: Annotated[int, typer.Option(help="Rows of unified_verified_deal.")],
    database: Annotated[str, typer.Option(help="Name of the database to make.")] = "dmob",
    start: Annotated[datetime, typer.Option(help="First deal, UTC.")] = datetime(2024, 3, 4),  # noqa: DTZ001
    end: Annotated[datetime, typer.Option(help="Last deal, UTC.")] = datetime(2026, 3, 1),  # noqa: DTZ001
    clients: Annotated[int, typer.Option(help="Clients with deals.")] = 300,
    providers: Annotated[int, typer.Option(help="Storage providers.")] = 300,
    seed: Annotated[int, typer.Option(help="Same seed, same rows.")] = 1,
) -> None:
    """Make a simulated source database of any size.

    Example: cdp simulate --deals 1000000
    """
    from cdp_assets.demo import make_source

    dsn = make_source(
        _settings(), database=database, deals=deals, clients=clients, providers=providers,
        start=_in_utc(start), end=_in_utc(end), seed=seed, say=_say,
    )  # fmt: skip
    _say(f"{deals:,} deals in database {database}; DMOB_DATABASE_URL names it ({_masked(dsn)})")


@_command
def diff(
    expected: Annotated[
        Path | None, typer.Option(help="File of counts; left out: that of the demo of 4,000 deals.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write the file anew.")] = False,
) -> None:
    """Show which tables differ from expected counts, by partition and column; exit 1 if any does.

    Example: cdp diff
    """
    from cdp_assets import counts
    from cdp_assets.settings import PROJECT_ROOT
    from resources.servers import start_servers
    from resources.warehouse import Warehouse

    path = expected or PROJECT_ROOT / "tests" / "e2e" / "expected_counts.csv"
    start_servers(_settings())
    with Warehouse().connect(application="cdp diff") as connection:
        now = counts.count_tables(connection)
    if write:
        counts.write_counts(path, now)
        _say(f"{len(now):,} counts written to {path}")
        return
    changed = list(counts.differences(counts.read_counts(path), now))
    for line in changed:
        print(line)
    _say(f"{len(changed):,} of {len(now):,} counts differ from {path.name}")
    if changed:
        sys.exit(1)


@_command
def config() -> None:
    """Print every setting with its effective value; secrets are masked.

    Example: cdp config
    """
    settings = _settings()
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        print(f"{variable_name(name)}={'' if value is None else value}")
        print(f"    {field.description}")


@app.callback()
def _adopt_demo() -> None:
    # Before a command imports anything: partitions are made of the settings when first imported.
    from cdp_assets.demo import adopt_demo

    adopt_demo(get_settings())


def _settings() -> Settings:
    return get_settings()


def _window(start: datetime | None, end: datetime | None) -> tuple[datetime, datetime] | None:
    if start is None and end is None:
        return None
    first = _in_utc(start or datetime(2020, 1, 1, tzinfo=UTC))
    last = _in_utc(end or datetime(9999, 1, 1, tzinfo=UTC))
    if first >= last:
        raise typer.BadParameter("--from must lie before --to")
    return first, last


def _in_utc(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _user() -> str:
    return f"cli:{getpass.getuser()}"


def _masked(dsn: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(dsn)
    return f"postgresql://{parts.username}:***@{parts.hostname}:{parts.port}{parts.path}"


_began = time.monotonic()


def _say(line: str) -> None:
    print(f"{time.monotonic() - _began:6.1f} s  {line}", flush=True)
