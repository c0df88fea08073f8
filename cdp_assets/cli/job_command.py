"""The command that launches a job as the UI does: typed config, a user, a reason.

Scope: arguments, launching, printing; not here: any job.
"""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cdp_assets.cli.api_key_secret import NewSecret, with_secret
from cdp_assets.cli.terminal import say, show

if TYPE_CHECKING:
    import dagster as dg

_REASON = "reason"


def add_job_command(app: typer.Typer, epilog: str) -> None:
    """Add ``job`` to the command line."""
    app.command(epilog=epilog)(job)


def job(
    name: Annotated[str, typer.Argument(help="Name of the job, such as user_job.")],
    user: Annotated[str, typer.Option(help="Who launches it: an e-mail address.")],
    reason: Annotated[str, typer.Option(help="Why; at least 10 characters.")],
    config: Annotated[
        Path | None, typer.Option(help="YAML file with the config that the launchpad takes.")
    ] = None,
) -> None:
    """Launch a job, wait for its end and print what it did.

    The reason becomes the field of that name where the job has one, and a tag of the run.

    Example: cdp job user_job --user ann@example.org --reason "first admin" --config user.yaml
    """
    from cdp_assets.cli.cli_session import load_definitions, open_session
    from cdp_assets.demo.world import start_world
    from cdp_assets.settings import get_settings
    from cdp_assets.stack.lifecycle import ended_on_failure
    from resources.dbt_runner import make_manifest

    settings = get_settings()
    given, secret = with_secret(name, _read(config))
    make_manifest()
    definition = _find(load_definitions(), name)
    given = _with_reason(definition, given, reason)
    with ended_on_failure(settings):
        start_world(settings, say)
        with open_session(settings, user=user, say=say) as session:
            instance = session.refresher.instance
            error = _launch(instance, definition, given, user, reason, secret)
    if error is not None:
        show(error, is_error=True)
        sys.exit(1)


def _read(path: Path | None) -> dict[str, Any]:
    """Return the config of a file; wrong usage where it is none."""
    from cdp_assets.errors import BadConfiguration
    from resources.codecs.yaml_with_positions import read_yaml

    if path is None:
        return {}
    try:
        value = read_yaml(path).value
    except BadConfiguration as refused:
        raise typer.BadParameter(str(refused), param_hint="--config") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise typer.BadParameter(f"{path} has no fields", param_hint="--config")
    return value


def _find(defs: dg.Definitions, name: str) -> dg.JobDefinition:
    jobs = {one.name: one for one in defs.resolve_all_job_defs() if not one.name.startswith("__")}
    if name not in jobs:
        nearest = ", ".join(difflib.get_close_matches(name, jobs, 3, 0))
        raise typer.BadParameter(f"no job has the name {name}; the nearest are {nearest}")
    return jobs[name]


def _with_reason(
    definition: dg.JobDefinition, given: dict[str, Any], reason: str
) -> dict[str, Any]:
    """Return the config with the reason, checked as the launchpad checks it."""
    import dagster as dg

    from cdp_assets.core.runs.in_process_runs import QUIET

    if _has_reason(definition):
        given = {**given, _REASON: reason}
    elif definition.config_mapping is None:
        given = {**QUIET, **given}
    try:
        dg.validate_run_config(definition, given)
    except dg.DagsterInvalidConfigError as refused:
        sentences = [error.message for error in refused.errors] or [refused.message]
        raise typer.BadParameter("; ".join(sentences), param_hint="--config") from None
    return given


def _has_reason(definition: dg.JobDefinition) -> bool:
    mapping = definition.config_mapping
    fields = {} if mapping is None else getattr(mapping.config_schema.config_type, "fields", {})
    return _REASON in fields


def _launch(
    instance: dg.DagsterInstance,
    definition: dg.JobDefinition,
    config: Mapping[str, Any],
    user: str,
    reason: str,
    secret: NewSecret | None,
) -> str | None:
    """Execute the job here; print what its steps report; return why it failed, else null."""
    from cdp_assets.core.runs.job_launch import launch_job
    from cdp_assets.core.runs.run_failures import cause_of_run

    result = launch_job(instance, definition, config, user=user, reason=reason)
    reported = dict(_reported(result))
    for label, text in reported.items():
        show(f"{label}: {text}")
    if secret is not None and result.success:
        print(f"API key, shown this once: {secret.key(reported['key_id'])}", flush=True)
    say(f"{definition.name}: {'done' if result.success else 'FAILED'}, run {result.run_id}")
    return None if result.success else cause_of_run(result)


def _reported(result: dg.JobExecutionResult) -> Iterator[tuple[str, str]]:
    """Yield the label and the text of each value that a step reported with its output."""
    for event in result.all_events:
        if event.is_successful_output:
            for label, entry in event.step_output_data.metadata.items():
                value = entry.value
                text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                yield label, text
