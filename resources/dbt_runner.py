"""Run dbt: warm in this process with a loaded manifest, or by its command line (stack §3).

Both ways take the same selection and variables and give the same results; a setting chooses.
Scope: invoking dbt and reading what each node did; not here: which models, which window, or what is
reported to Dagster (``cdp_assets.core.dbt.assets``).
"""

from __future__ import annotations

import gc
import hashlib
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import dagster as dg
import psycopg

from cdp_assets.errors import BadConfiguration, PermanentFailure
from cdp_assets.settings import PROJECT_ROOT, publish_environment
from resources.local.state_files import write_file
from resources.local.stop_signals import recorded_interrupts

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult

PROJECT_DIR = PROJECT_ROOT / "dbt_project"
TARGET_DIR = PROJECT_DIR / "target"
MANIFEST = TARGET_DIR / "manifest.json"
_PARSED = TARGET_DIR / "partial_parse.msgpack"  # the same, as dbt itself loads it
_FINGERPRINT = TARGET_DIR / "project.sha256"
_adapter_is_process_wide = threading.Lock()

# Nothing to the terminal, no files, and before a call a list of the relations of its own schemas.
_QUIET = ("--log-level", "none", "--no-write-json", "--cache-selected-only")

Log = Callable[[str], None]


@dataclass(frozen=True)
class NodeResult:
    """The result of one model or test.

    Attributes:
        unique_id: dbt's id.
        status: ``success``, ``pass``, ``warn``, ``fail``, ``error`` or ``skipped``.
        message: dbt's message; null when it had none.
        failures: Failing rows of a test; null for a model.
        seconds: Wall time of the node.
        compiled: The SQL that ran, with the window filled in; null when it never compiled.
    """

    unique_id: str
    status: str
    message: str | None
    failures: int | None
    seconds: float
    compiled: str | None

    @property
    def is_good(self) -> bool:
        """Return whether the node succeeded."""
        return self.status in ("success", "pass", "warn")


class DbtRunner(dg.ConfigurableResource["DbtRunner"]):
    """dbt over one warehouse.

    Attributes:
        execution: ``in_process`` keeps dbt loaded (about seven times faster when warm); ``cli``
            starts a process for each call, which isolates it.
        role: Database role of the models' statements; empty: the user's own.
    """

    execution: str = "in_process"
    role: str = ""
    threads: int = 4

    def build(
        self, address: str, select: Sequence[str], variables: Mapping[str, object], log: Log
    ) -> list[NodeResult]:
        """Build the selected models with their tests; return one result per node.

        Raises:
            PermanentFailure: dbt itself could not run (connection, compilation of the project).
            KeyboardInterrupt: SIGINT or SIGTERM came; what dbt had not committed is rolled back.
        """
        return self._invoke("build", address, select, variables, log)

    def run(
        self, address: str, select: Sequence[str], variables: Mapping[str, object], log: Log
    ) -> list[NodeResult]:
        """Run the selected models without their tests."""
        return self._invoke("run", address, select, variables, log)

    def compile(
        self, address: str, select: Sequence[str], variables: Mapping[str, object], log: Log
    ) -> dict[str, str]:
        """Return the statement of each selected model by its name, with the variables filled in."""
        results = self._invoke("compile", address, select, variables, log)
        return {one.unique_id.rsplit(".", 1)[1]: str(one.compiled) for one in results}

    def _invoke(
        self,
        command: str,
        address: str,
        select: Sequence[str],
        variables: Mapping[str, object],
        log: Log,
    ) -> list[NodeResult]:
        arguments = [
            command,
            "--select",
            " ".join(select),
            "--vars",
            json.dumps(dict(variables), sort_keys=True),
            "--indirect-selection",
            "empty",
            "--threads",
            str(self.threads),
        ]
        with _adapter_is_process_wide, tempfile.TemporaryDirectory(prefix="cdp-dbt-") as folder:
            publish_environment(connection_environment(address, self.role))
            if self.execution == "cli":
                return _by_command_line(arguments, Path(folder))
            return _in_process(arguments, Path(folder), log, urlsplit(address).path.lstrip("/"))


def connection_environment(address: str, role: str) -> dict[str, str]:
    """Return the variables from which ``profiles.yml`` takes the connection."""
    parts = urlsplit(address)
    return {
        "CDP_DBT_HOST": parts.hostname or "127.0.0.1",
        "CDP_DBT_PORT": str(parts.port or 5432),
        "CDP_DBT_USER": unquote(parts.username or "postgres"),
        "DBT_ENV_SECRET_CDP_PASSWORD": unquote(parts.password or ""),
        "CDP_DBT_DATABASE": parts.path.lstrip("/"),
        "CDP_DBT_ROLE": role,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def project_fingerprint() -> str:
    """Return a hash over every file that a manifest is built from."""
    digest = hashlib.sha256()
    files = [PROJECT_DIR / "dbt_project.yml", PROJECT_DIR / "profiles.yml"]
    for folder in ("models", "macros", "tests"):
        found = (PROJECT_DIR / folder).rglob("*")
        files += [path for path in found if path.suffix in (".sql", ".yml", ".md")]
    for path in sorted(files):
        digest.update(str(path.relative_to(PROJECT_DIR)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def make_manifest() -> Path:
    """Parse the project and write its manifest, unless the one there is current.

    Raises:
        BadConfiguration: The project does not parse; the message contains dbt's.
    """
    if is_manifest_current():
        return MANIFEST
    from dbt.cli.main import dbtRunner  # 2 s of import, only where dbt runs

    publish_environment({"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"})
    # In full: parsing what changed alone fails where a model that others name came or went.
    arguments = ["--quiet", "parse", "--no-partial-parse", *_locations(TARGET_DIR)]
    with _ended_by_signals("read the project"):
        result = dbtRunner().invoke(arguments)
    if not result.success:
        raise BadConfiguration(
            f"the dbt project does not parse ({result.exception})",
            key=str(PROJECT_DIR),
            hint="fix the named file, then run `cdp manifest` again",
        )
    write_file(_FINGERPRINT, project_fingerprint())
    return MANIFEST


# Amounts and shares are numeric without bounds on purpose: they are exact, whatever their size.
_EXPECTED_WARNING = "Detected columns with numeric type and unspecified precision"


def is_manifest_current() -> bool:
    """Return whether the manifest was built from the files as they are now."""
    return (
        MANIFEST.exists()
        and _PARSED.exists()
        and _FINGERPRINT.exists()
        and _FINGERPRINT.read_text() == project_fingerprint()
    )


def require_manifest() -> dict[str, Any]:
    """Return the manifest.

    Raises:
        BadConfiguration: It is missing or was built from other files.
    """
    if not is_manifest_current():
        raise BadConfiguration(
            "the dbt manifest is missing or older than the project's files",
            key=str(MANIFEST.relative_to(PROJECT_ROOT)),
            hint="run `make setup` or `cdp manifest`",
        )
    return _read_manifest(_FINGERPRINT.read_text())


@lru_cache(maxsize=2)
def _read_manifest(_fingerprint: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(MANIFEST.read_text())
    return content


def _locations(target: Path) -> list[str]:
    return [
        "--project-dir",
        str(PROJECT_DIR),
        "--profiles-dir",
        str(PROJECT_DIR),
        "--target-path",
        str(target),
        "--log-path",
        str(target),
        "--log-level-file",
        "none",
    ]


@contextmanager
def _parsed_manifest() -> Iterator[Any]:
    """Lend the manifest as dbt loads it, once per process, and take back what a call wrote into it.

    dbt writes compiled SQL into the nodes that it runs; loading them again takes a fifth of a call.
    """
    require_manifest()
    manifest = _load_parsed(_FINGERPRINT.read_text())
    before = {name: dict(vars(node)) for name, node in manifest.nodes.items()}
    try:
        yield manifest
    finally:
        for name, node in manifest.nodes.items():
            vars(node).clear()
            vars(node).update(before[name])


@lru_cache(maxsize=1)
def _load_parsed(_fingerprint: str) -> Any:
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack(_PARSED.read_bytes())
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]  # what macros see as `graph`; not part of the file
    return manifest


def _point_to_database(manifest: Any, database: str) -> None:
    """Set the database of this call: the manifest names the one of the time when it was parsed."""
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        if node.database != database:
            node.database = database
            node.relation_name = (
                None
                if node.relation_name is None
                else (f'"{database}".' + node.relation_name.split(".", 1)[1])
            )


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Let dbt create its objects without the collector, which would scan this process each time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def _ended_by_signals(doing: str) -> Iterator[None]:
    """Let a signal end dbt and then the caller: dbt returns the interrupt as if it were a result.

    Raises:
        KeyboardInterrupt: A signal came, whatever dbt returned. Inside, the framework's own
            interrupt
            would not work: only this one makes dbt end its statements.
    """
    with recorded_interrupts() as received:
        yield
    if received:
        raise KeyboardInterrupt(
            f"interrupted: {received[0].name} came while dbt {doing}; "
            "unfinished tables keep their previous rows"
        )


def _end_session(_manager: object, connection: Any) -> None:
    """End the statement of a model, as the login: dbt would use the model's role, which may not."""
    login = connection.credentials
    with (
        suppress(Exception),  # the session or the server is gone: nothing is left to end
        psycopg.connect(
            host=login.host,
            port=login.port,
            user=login.user,
            password=login.password,
            dbname=login.database,
            autocommit=True,
            connect_timeout=10,
        ) as own,
    ):
        own.execute("select pg_terminate_backend(%s, 5000)", [connection.handle.get_backend_pid()])


@lru_cache(maxsize=1)
def _leave_out_what_nobody_reads() -> None:
    """Replace, once per process, steps of dbt that cost more than a build and change nothing."""
    from dbt.adapters.postgres.connections import PostgresConnectionManager
    from dbt.adapters.postgres.impl import PostgresAdapter
    from dbt.compilation import Linker
    from dbt.graph.selector_methods import QualifiedNameSelectorMethod
    from dbt.plugins.manager import PluginManager
    from dbt_common.behavior_flags import BehaviorFlagRendered
    from dbt_common.events.event_manager import EventManager

    # On every call, dbt searches the whole path for plugins of its own, describes the whole graph
    # for a file that nothing reads, and reads which view depends on which table, for drops by
    # cascade, which no model of ours does.
    PostgresAdapter._link_cached_relations = lambda *_: None  # type: ignore[method-assign]
    PluginManager.get_prefixed_modules = staticmethod(dict)  # type: ignore[method-assign]
    Linker.get_graph_summary = lambda *_: {}  # type: ignore[method-assign]
    # On every call, dbt inspects the whole stack for each of its 22 behaviour flags, to name a
    # module in a message that is never shown: most of a warm call's CPU in a process as large as
    # ours.
    BehaviorFlagRendered._default_source = staticmethod(  # type: ignore[method-assign]
        lambda: "dbt.adapters.postgres.impl"
    )
    PostgresConnectionManager.cancel = _end_session  # type: ignore[method-assign]
    # On every call, dbt compares each selected name with the path of each node, three times.
    QualifiedNameSelectorMethod.search = _nodes_of_name  # type: ignore[method-assign, assignment]
    # dbt describes each of its steps as a protobuf message; `forward` reads warnings and errors.
    fire_any = EventManager.fire_event

    def fire(manager: Any, e: Any, level: Any = None, *more: Any, **named: Any) -> None:
        if (level or e.level_tag()).value in ("warn", "error"):
            fire_any(manager, e, level, *more, **named)

    EventManager.fire_event = fire  # type: ignore[method-assign, assignment]


def _nodes_of_name(method: Any, included: Any, name: str) -> Iterator[str]:
    """Yield the nodes of a name: what is selected here are whole names, without wildcards."""
    for unique_id in included:
        node = method.manifest.nodes.get(unique_id)
        if node is not None and node.fqn[-1] == name:
            yield unique_id


def _in_process(
    arguments: Sequence[str], folder: Path, log: Log, database: str
) -> list[NodeResult]:
    from dbt.cli.main import dbtRunner
    from dbt_common.events.base_types import EventMsg

    _leave_out_what_nobody_reads()

    def forward(event: EventMsg) -> None:
        if event.info.name == "MainStackTrace":
            return  # the raised error has its own message
        text = str(event.info.msg)  # type: ignore[attr-defined]
        if event.info.level in ("warn", "error") and not text.startswith(_EXPECTED_WARNING):
            log(text[:2000])

    with (
        _no_garbage_collection(),
        _ended_by_signals("built tables"),
        _parsed_manifest() as manifest,
    ):
        _point_to_database(manifest, database)
        done = dbtRunner(manifest=manifest, callbacks=[forward]).invoke(
            [*_QUIET, *arguments, *_locations(folder)]
        )
        results = _results_of(done) if done.exception is None else []
    if done.exception is not None:  # a signal, which dbt returns as one, was raised above
        raise PermanentFailure(f"dbt could not run ({done.exception})", hint="`cdp doctor`")
    return results


def _results_of(done: dbtRunnerResult) -> list[NodeResult]:
    assert done.result is not None
    return [
        NodeResult(
            unique_id=result.node.unique_id,
            status=str(result.status),
            message=result.message,
            failures=result.failures,
            seconds=result.execution_time,
            compiled=getattr(result.node, "compiled_code", None),
        )
        for result in done.result.results  # type: ignore[union-attr]
    ]


def _by_command_line(arguments: Sequence[str], folder: Path) -> list[NodeResult]:
    from dagster_dbt import DbtCliResource

    dbt = DbtCliResource(
        project_dir=str(PROJECT_DIR),
        profiles_dir=str(PROJECT_DIR),
        dbt_executable=str(Path(sys.executable).parent / "dbt"),
    )
    command = [*arguments, "--log-level-file", "none"]
    done = dbt.cli(command, raise_on_error=False, target_path=folder)
    try:
        done.wait()
    except BaseException as ended:
        # The framework passes the signal on; dbt may wait for its statement, and then for ours.
        done.process.kill()
        done.process.wait()
        if isinstance(ended, subprocess.TimeoutExpired):
            raise KeyboardInterrupt("interrupted: dbt did not end after the signal") from None
        raise
    results = folder / "run_results.json"
    if not results.exists():
        raise PermanentFailure(f"dbt could not run ({done.get_error()})", hint="`cdp doctor`")
    return [
        NodeResult(
            unique_id=result["unique_id"],
            status=result["status"],
            message=result["message"],
            failures=result["failures"],
            seconds=result["execution_time"],
            compiled=result.get("compiled_code"),
        )
        for result in json.loads(results.read_text())["results"]
    ]
