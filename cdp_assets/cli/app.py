"""The command line ``cdp``, on which the targets of make are built.

Exit codes: 0 done, 1 failed with one sentence, 2 wrong usage, 128 + n for signal n. Scope:
arguments and printing; not here: any work. Commands import what they need when they run, so that
`--help` is quick and settings are read before the framework.
"""

from __future__ import annotations

import getpass
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from pydantic import SecretStr

from cdp_assets.cli.audit_command import add_audit_command
from cdp_assets.cli.commission_commands import add_commission_commands
from cdp_assets.cli.integrity_commands import add_integrity_commands, show_sources
from cdp_assets.cli.job_command import add_job_command
from cdp_assets.cli.score_commands import add_score_commands
from cdp_assets.cli.statement_commands import add_statement_commands
from cdp_assets.cli.terminal import say as _say
from cdp_assets.cli.terminal import show, show_failure
from cdp_assets.cli.token_command import add_token_command
from cdp_assets.cli.warehouse_commands import add_warehouse_commands, in_utc
from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings, get_settings, process_environment
from cdp_assets.units import counted
from resources.local.stop_signals import stopped_as_by_ctrl_c

if TYPE_CHECKING:
    from cdp_assets.core.planning.domain_plan import RunOutcome

_EXIT_CODES = "Exit codes: 0 done, 1 failed with one sentence, 2 wrong usage."
_UNHEALTHY = 3  # of `cdp status` only
_INTERRUPTED = 130  # click's exit code for Ctrl-C
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
add_job_command(app, _EXIT_CODES)
add_audit_command(app, _EXIT_CODES)
add_token_command(app, _EXIT_CODES)
add_commission_commands(app, _EXIT_CODES)
add_statement_commands(app, _EXIT_CODES)
add_integrity_commands(app, _EXIT_CODES)
add_warehouse_commands(app, _EXIT_CODES)


def main() -> None:
    """Run the command line; a failure is one sentence on stderr and exit code 1."""
    with stopped_as_by_ctrl_c() as last_signal:
        _run(last_signal)


def _run(last_signal: Callable[[], signal.Signals]) -> None:
    try:
        app(prog_name="cdp")
    except SystemExit as ended:
        if ended.code != _INTERRUPTED:
            raise
        number = last_signal()
        who = "you" if number == signal.SIGINT else number.name
        show(f"stopped by {who}; what this command started was ended", is_error=True)
        sys.exit(128 + number)
    except BrokenPipeError:  # the reader, such as `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        show_failure(error)
        sys.exit(1)


def _command(function: _Command) -> _Command:
    """Add a command; its help ends with the exit codes, as every command's does (F-12)."""
    return app.command(epilog=_EXIT_CODES)(function)


@_command
def demo(
    deals: Annotated[int, typer.Option(min=1, help="Deals of the simulated source.")] = 40_000,
    serve: Annotated[bool, typer.Option(help="Leave the UI and the query layer running.")] = True,
) -> None:
    """Build checked tables over a simulated world, from an empty machine.

    Example: cdp demo
    """
    from cdp_assets.demo.demo import run_demo

    sys.exit(run_demo(deals=deals, serve=serve, say=_say))


@_command
def up() -> None:
    """Serve the Dagster UI, the daemon, the code server and the query layer.

    Example: cdp up
    """
    from cdp_assets.demo.world import world_services
    from cdp_assets.stack.lifecycle import start_stack

    settings = _settings()
    start_stack(settings, _say, also=world_services(settings))


@_command
def down() -> None:
    """End everything that up or demo started; the data stays.

    Example: cdp down
    """
    from cdp_assets.stack.lifecycle import require_idle, stop_stack
    from resources.local.state_files import require_possible_folder

    require_possible_folder(_settings().state_dir)
    require_idle(_settings())
    for line in stop_stack(_settings()):
        _say(line)


@_command
def status(
    stale: Annotated[bool, typer.Option("--stale", help="Also list what is stale.")] = False,
    alerts: Annotated[bool, typer.Option("--alerts", help="Every open alert.")] = False,
) -> None:
    """Show processes, newest partitions, sources and alerts by rule; exit 3 if a process died.

    Definitions that do not load and a UI without its storage count as a process that died.

    Example: cdp status --stale
    """
    from cdp_assets.stack.process_status import describe_processes
    from cdp_assets.stack.status import describe
    from resources.local.state_files import require_possible_folder

    require_possible_folder(_settings().state_dir)
    processes = describe_processes(_settings())
    is_healthy = all(line.is_good for line in processes)
    try:
        for line in describe(_settings(), processes, with_stale=stale, with_alerts=alerts):
            show(line)
    except Exception as error:
        if is_healthy:
            raise
        show_failure(error)  # the dead process is printed above and is the likely cause
    if not is_healthy:
        sys.exit(_UNHEALTHY)


@_command
def doctor(
    sources: Annotated[
        bool, typer.Option("--sources", help="Also send one request to each source of the chains.")
    ] = False,
) -> None:
    """Check Python, disk, memory, rights, ports and databases; exit 1 if something is wrong.

    Example: cdp doctor --sources
    """
    from cdp_assets.stack.doctor import examine, examine_processes

    findings = [*examine(_settings()), *examine_processes(_settings())]
    for finding in findings:
        show(f"{'ok ' if finding.is_good else 'BAD'}  {finding.what}")
        if finding.advice:
            show(f"     {finding.advice}")
    is_reached = show_sources() if sources else True
    if not (is_reached and all(finding.is_good for finding in findings)):
        sys.exit(1)


@_command
def clean(
    confirm: Annotated[str, typer.Option(help="Must be yes: this deletes all data.")] = "",
) -> None:
    """Delete the state folder with the embedded server's data.

    Example: cdp clean --confirm yes
    """
    from cdp_assets.stack.lifecycle import remove_stack

    settings = _settings()
    if confirm != "yes":
        show(
            f"this deletes {settings.state_dir} and the embedded server's data; "
            "confirm with `cdp clean --confirm yes` or `make clean CONFIRM=yes`",
            is_error=True,
        )
        sys.exit(1)
    for line in remove_stack(settings):
        _say(line)


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
    """Sync the sources and materialize what is stale, in order.

    Example: cdp refresh --select 'group:filplus_weekly' --from 2026-03-02 --to 2026-03-09
    """
    from cdp_assets.cli.cli_session import open_session, require_assets
    from cdp_assets.demo.world import start_world
    from cdp_assets.settings import require_source
    from cdp_assets.stack.lifecycle import ended_on_failure

    started = time.monotonic()
    window = _window(from_, to)
    settings = _settings()
    require_assets(select or [])
    if sync:
        require_source(settings)
    with ended_on_failure(settings):
        start_world(settings, _say)
        with open_session(settings, user=_user(), say=_say) as session:
            report = session.refresh(select or [], window, sync=sync, full_sweep=full_sweep)
    seconds = time.monotonic() - started
    planned = f"planned in {report.planning_seconds:.1f} s"
    runs = counted(len(report.runs), "run")
    _say(f"{runs} in {seconds:.1f} s, {len(report.failed)} failed, {planned}")
    _end_with(report.failed)


@_command
def backfill(
    key: Annotated[str, typer.Argument(help="Asset key, such as filplus/providers_weekly.")],
    from_: Annotated[str, typer.Option("--from", help="UTC or period id, inclusive.")],
    to: Annotated[str, typer.Option("--to", help="UTC or period id, exclusive.")],
    dry_run: Annotated[
        bool, typer.Option(help="Only print partitions, runs and estimate.")
    ] = False,
) -> None:
    """Rebuild every partition of one asset in a range; a source of the range is fetched again.

    A table of a chain takes period ids, such as --from 857 --to 858.

    Example: cdp backfill filplus/unified_verified_deal_hourly --from 2026-03-02 --to 2026-03-09
    """
    from cdp_assets.cli.cli_session import open_session, require_time_partitions
    from cdp_assets.cli.period_backfill import chain_of, require_period_range
    from cdp_assets.demo.world import start_world
    from cdp_assets.stack.lifecycle import ended_on_failure

    settings = _settings()
    window = None
    if (of_chain := chain_of(key)) is not None:
        require_period_range(of_chain, from_, to)
    else:
        window = _window(_instant(from_, "--from"), _instant(to, "--to"))
        require_time_partitions(key)
    with ended_on_failure(settings):
        if not dry_run:
            start_world(settings, _say)
        with open_session(settings, user=_user(), say=_say) as session:
            if of_chain is not None:
                failed = session.backfill_periods(of_chain, key, from_, to, dry_run=dry_run)
            else:
                assert window is not None
                failed = session.backfill(key, window, dry_run=dry_run)
    _end_with(failed)


def _instant(text: str, option: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time such as 2026-03-02 or 2026-03-02T05:00Z", param_hint=option
        ) from None


@_command
def config() -> None:
    """Print every setting with its effective value and check the configuration files.

    Secrets are masked. Example: cdp config
    """
    from cdp_assets.cli.configuration_files import check_files, describe_settings

    for line in chain(describe_settings(_settings()), check_files()):
        show(line)


def _show_version(wanted: bool) -> None:
    if wanted:
        show(f"cdp {version('cdp')}")
        raise typer.Exit


@app.callback()
def _before_any_command(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_show_version, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    if "--help" in sys.argv:
        return  # a help text needs neither settings nor a demo
    # Before a command imports anything: importing partitions reads the settings.
    from cdp_assets.demo.world import adopt_demo
    from cdp_assets.stack.process_list import adopt_ports

    settings = get_settings()
    _require_query_settings(settings)
    adopt_ports(settings)
    adopt_demo(get_settings(), lambda line: show(line, is_error=True))


def _require_query_settings(settings: Settings) -> None:
    """Refuse settings that the query layer would refuse at its start."""
    from query_layer.settings import StartRefused, parse_settings

    embedded = "postgresql://embedded/warehouse"
    address = settings.query_database_url or SecretStr(embedded)
    ours = {"CDP_QUERY_DATABASE_URL": address.get_secret_value()}
    derived = {} if settings.database_url else {"CDP_QUERY_AUTH_DATABASE_URL": embedded}
    try:
        parse_settings({**derived, **process_environment(ours)})
    except StartRefused as refusal:
        raise BadConfiguration(
            str(refusal), hint="set the named variables as docs/reference/query_layer.md says"
        ) from None


def _settings() -> Settings:
    return get_settings()


def _window(start: datetime | None, end: datetime | None) -> tuple[datetime, datetime] | None:
    if start is None and end is None:
        return None
    first = in_utc(start or datetime(2020, 1, 1, tzinfo=UTC))
    last = in_utc(end or datetime(9999, 1, 1, tzinfo=UTC))
    if first >= last:
        raise typer.BadParameter("--from must be before --to")
    return first, last


def _end_with(failed: Sequence[RunOutcome]) -> None:
    """Print the runs that failed and exit with 1; return if there is none."""
    for run in failed:
        span = f" {run.first}..{run.last}" if run.first else ""
        show(f"{run.name}{span}: {run.error}", is_error=True)
    if failed:
        sys.exit(1)


def _user() -> str:
    return f"cli:{getpass.getuser()}"
