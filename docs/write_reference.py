"""Write what the code says into the pages: ``python docs/write_reference.py``.

README and the pages of ``docs/reference`` hold blocks between ``<!-- begin NAME -->`` and
``<!-- end NAME -->``; this fills them and leaves the rest alone, and writes the list of names of
``tests/graph`` and the query layer's ``openapi.json``. Tests compare all of it with what is there.
Scope: turning definitions into text; not here: explanations, which are written by hand around the
blocks.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import dagster as dg

from cdp_assets import errors
from cdp_assets.core.tables.contracts import Column, tables
from cdp_assets.settings import (
    PROJECT_ROOT,
    DatabaseUrl,
    FolderOrWebUrl,
    SecretWebUrl,
    SecretWebUrls,
    Settings,
    WebUrl,
    variable_name,
)
from query_layer.app import create_app
from query_layer.http.contract_changes import COMMITTED, updated
from query_layer.read.list_query import list_filters
from query_layer.registry import ROUTES
from query_layer.registry.route import Route
from query_layer.settings import SETTINGS, parse_settings
from resources.dbt_runner import make_manifest

PAGES = (
    PROJECT_ROOT / "README.md",
    *sorted((Path(__file__).resolve().parent / "reference").glob("*.md")),
)
NAMES = PROJECT_ROOT / "tests/graph/names.txt"
_BLOCK = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", re.DOTALL)
_SECTIONS = (
    ("Marts", "mart"),
    ("Intermediate", "intermediate"),
    ("Landing", "landing"),
    ("Staging of validators", "staging"),
    ("Canonical tables of validators", "canonical"),
    ("P&L of validators", "pnl"),
    ("Commissions of partners", "commissions"),
    ("Views", "view"),
    ("Endpoints", "endpoint"),
)
_GRAINS = {
    dg.HourlyPartitionsDefinition: "hour, UTC",
    dg.DailyPartitionsDefinition: "day, UTC",
    dg.WeeklyPartitionsDefinition: "week from Monday 00:00 UTC",
    dg.MonthlyPartitionsDefinition: "month, UTC",
}

_ADDRESSES = {
    DatabaseUrl: "database address, secret",
    WebUrl: "web address",
    SecretWebUrl: "web address, secret",
    SecretWebUrls: "web addresses, secret",
    FolderOrWebUrl: "folder or web address",
}
_KINDS = {
    "SecretStr": "secret text",
    "str": "text",
    "Path": "path",
    "datetime": "ISO instant, UTC",
    "int": "whole number",
    "float": "number",
}


def filled(page: str) -> str:
    """Return a page with every block written anew.

    Raises:
        KeyError: A block has a name that nothing is written for.
    """
    return _BLOCK.sub(lambda found: f"{found[1]}{_block(found[2])}\n{found[3]}", page)


def _block(name: str) -> str:
    """Return the text of a block; ``columns_of_<schema>_<table>`` is of any declared table."""
    if not name.startswith("columns_of_"):
        return BLOCKS[name]()
    make_manifest()
    key = name.removeprefix("columns_of_").replace("_", "/", 1)
    return columns_table(tables()[key].columns)


def columns_table(columns: Sequence[Column]) -> str:
    """Return name and meaning of columns; neighbours that share a meaning share a line."""
    groups = groupby(columns, key=lambda column: column.description)
    rows = [[", ".join(f"`{c.name}`" for c in group), text] for text, group in groups]
    return table(["Column", "Meaning"], rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; bars inside a cell are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(c.replace('|', chr(92) + '|') for c in line)} |" for line in lines
    )


def settings_block() -> str:
    """Every setting with what it may be, its default and its help."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, Path):
            default = default.relative_to(PROJECT_ROOT)
        shown = "unset" if default is None else f"`{_plain(default)}`"
        rows.append([f"`{variable_name(name)}`", _allowed(field), shown, field.description or ""])
    return table(["Variable", "Value", "Default", "Meaning"], rows)


def _plain(value: object) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else str(value)


def _allowed(field: Any) -> str:
    kind = field.annotation
    if get_origin(kind) in (Union, UnionType):
        (kind,) = (part for part in get_args(kind) if part is not NoneType)
    if get_origin(kind) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(kind))
    bounds = {
        name: getattr(m, name) for m in field.metadata for name in ("ge", "le") if hasattr(m, name)
    }
    text = _ADDRESSES.get(kind) or _KINDS[kind.__name__]
    if "le" in bounds:
        return f"{text}, {bounds['ge']} to {bounds['le']}"
    return f"{text}, at least {bounds['ge']}" if "ge" in bounds else text


def commands_block() -> str:
    """Every command with its help, arguments and options."""
    import typer

    from cdp_assets.cli.app import app

    group = typer.main.get_group(app)
    parts = []
    for name in sorted(group.commands):
        command = group.commands[name]
        text = re.sub(r"\s*Example:.*", "", " ".join((command.help or "").split()))
        example = re.search(
            r"Example: (cdp .*?)\.?(?: Exit codes|$)", " ".join((command.help or "").split())
        )
        lines = [f"### `cdp {name}`", "", text]
        if example:
            lines += ["", f"Example: `{example[1]}`"]
        rows = [_parameter(p) for p in command.params if p.name != "help"]
        if rows:
            lines += ["", table(["Argument or option", "Default", "Meaning"], rows)]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _parameter(parameter: Any) -> list[str]:
    if parameter.param_type_name == "argument":
        name = f"`{(parameter.metavar or parameter.name or '').upper()}`"
    else:
        name = ", ".join(f"`{o}`" for o in [*parameter.opts, *parameter.secondary_opts])
    default = parameter.default
    if callable(default):
        default = default()
    if parameter.required:
        shown = "**must be given**"
    elif default in (None, "", [], ()):
        shown = "none"
    elif isinstance(default, bool):
        off = parameter.secondary_opts[0] if parameter.secondary_opts else "off"
        shown = f"`{parameter.opts[0] if default else off}`"
    else:
        shown = f"`{f'{default:%Y-%m-%d}' if hasattr(default, 'strftime') else default}`"
    return [name, shown, getattr(parameter, "help", "") or ""]


def _definitions() -> dg.Definitions:
    make_manifest()
    from cdp_assets.definitions import build_defs

    return build_defs()


def assets_block() -> str:
    """Every asset: key, description, partition, checks, columns."""
    defs = _definitions()
    graph = defs.resolve_asset_graph()
    checks = _check_specs(defs)
    parts = []
    for title, layer in _SECTIONS:
        keys = [k for k in graph.get_all_asset_keys() if graph.get(k).tags.get("layer") == layer]
        if keys:
            parts.append(f"## {title}")
        for key in sorted(keys):
            parts.append("\n".join(_asset(graph.get(key), checks.get(key, []))))
    return "\n\n".join(parts)


def _check_specs(defs: dg.Definitions) -> dict[dg.AssetKey, list[dg.AssetCheckSpec]]:
    found: dict[dg.AssetKey, list[dg.AssetCheckSpec]] = {}
    for assets in defs.assets or ():
        for spec in getattr(assets, "check_specs", ()):
            found.setdefault(spec.asset_key, []).append(spec)
    return found


def _asset(node: Any, checks: Sequence[dg.AssetCheckSpec]) -> Iterator[str]:
    yield f"### `{node.key.to_user_string()}`"
    yield ""
    yield " ".join((node.description or "").split())
    yield ""
    yield f"- Partition: {_partition(node.partitions_def)}. Group: `{node.group_name}`."
    for spec in sorted(checks, key=lambda s: s.name):
        blocks = " Blocks what is built on it." if spec.blocking else ""
        yield f"- Check `{spec.name}`: {' '.join((spec.description or '').split())}{blocks}"
    key, reads = (node.metadata.get(name) for name in ("primary_key", "reads"))
    if key or reads:
        yield "- " + " ".join(
            f"{what} {text}." for what, text in (("Key:", key), ("Reads", reads)) if text
        )
    schema = node.metadata.get("dagster/column_schema")
    if schema is not None:
        yield ""
        rows = [
            [f"`{c.name}`", c.type, " ".join((c.description or "").split())] for c in schema.columns
        ]
        yield table(["Column", "Type", "Meaning"], rows)


def _partition(definition: dg.PartitionsDefinition | None) -> str:
    if definition is None:
        return "none"
    if isinstance(definition, dg.DynamicPartitionsDefinition):
        return f"period id, `{definition.name}`"
    return _GRAINS[type(definition)]


def marts_block() -> str:
    """Every mart of the programme and every canonical table: grain, partition, freshness."""
    graph = _definitions().resolve_asset_graph()
    made = [graph.get(key) for key in sorted(graph.materializable_asset_keys)]
    rows = [
        [
            f"`{node.key.path[0]}.{node.key.path[-1]}`",
            _one_row_per(node.description or ""),
            _partition(node.partitions_def),
            _span(node.freshness_policy),
        ]
        for node in made
        if node.key.path[0] in ("filplus", "validators")
    ]
    return table(["Table", "One row per", "Partition", "Fresh within"], rows)


def _one_row_per(description: str) -> str:
    first = re.split(r"[.:;] | \(compliance", " ".join(description.split()))[0]
    return first.removeprefix("One row per ").rstrip(".:")


def _span(policy: Any) -> str:
    hours = round(policy.warn_window.to_timedelta().total_seconds() / 3600)
    return f"{hours} h" if hours < 48 else f"{hours // 24} d"


def jobs_block() -> str:
    """Every job with what it makes."""
    defs = _definitions()
    jobs = [
        job for job in defs.get_repository_def().get_all_jobs() if not job.name.startswith("__")
    ]
    rows = []
    for job in sorted(jobs, key=lambda j: j.name):
        keys = sorted(key.to_user_string() for key in job.asset_layer.executable_asset_keys)
        rows.append([f"`{job.name}`", job.description or "", ", ".join(f"`{key}`" for key in keys)])
    return table(["Job", "What for", "Assets"], rows)


def schedules_block() -> str:
    """Every schedule with its time and job."""
    rows = [
        [f"`{s.name}`", f"`{s.cron_schedule}`", f"`{s.job_name}`", s.description or ""]
        for s in sorted(_definitions().get_repository_def().schedule_defs, key=lambda s: s.name)
    ]
    return table(["Schedule", "Cron, UTC", "Job", "What a tick requests"], rows)


def sensors_block() -> str:
    """Every sensor with how often it looks."""
    rows = [
        [f"`{s.name}`", f"{s.minimum_interval_seconds} s", s.description or ""]
        for s in sorted(_definitions().get_repository_def().sensor_defs, key=lambda s: s.name)
    ]
    return table(["Sensor", "Interval", "What it does"], rows)


def errors_block() -> str:
    """Every exception class that is raised on purpose."""
    rows = []
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.CdpError):
            again = "yes" if issubclass(kind, errors.TransientFailure) else "no"
            if kind is errors.CdpError:
                again = "its subclasses say"
            meaning = (kind.__doc__ or "").strip().split("\n")[0]
            rows.append([f"`{name}`", f"`{kind.__base__.__name__}`", again, meaning])  # type: ignore[union-attr]
    return table(["Class", "Is a", "Tried again", "Meaning"], rows)


def query_settings_block() -> str:
    """Every setting of the query layer with its default and its help."""
    rows = []
    for setting in SETTINGS:
        default = f"`{setting.default}`" if setting.default else "unset"
        shown = "**must be set**" if setting.default is None else default
        rows.append([f"`{setting.name}`", shown, setting.help])
    return table(["Variable", "Default", "Meaning"], rows)


def endpoints_block() -> str:
    """Every route of the query layer's registry, those of all assets apart."""
    named = [r for r in ROUTES if not r.path.startswith("/v1/assets/")]
    of_assets = [r for r in ROUTES if r.path.startswith("/v1/assets/")]
    return "\n\n".join(
        [
            "## Routes",
            table(["Path", "Returns", "Rows of", "Scope", "Parameters", "Order"], _routes(named)),
            "## Rows of an asset",
            table(
                ["Path", "Returns", "Rows of", "Scope", "Parameters", "Order"], _routes(of_assets)
            ),
        ]
    )


def _routes(routes: Sequence[Route]) -> list[list[str]]:
    return [
        [
            f"`{r.path}`",
            r.title if not r.path.startswith("/v1/assets/") else r.asset.description.split(". ")[0],
            f"`{r.asset.view}`",
            f"`{r.asset.scope}`",
            ", ".join(f"`{name}`" for name in _own_parameters(r)) or "none",
            "one row" if r.single else ", ".join(f"`{sort}`" for sort in r.sorts),
        ]
        for r in routes
    ]


def _own_parameters(route: Route) -> list[str]:
    partition = [route.partition_name] if route.partition else []
    return [*partition, *(f.name for f in list_filters(route))]


BLOCKS: dict[str, Callable[[], str]] = {
    "settings": settings_block,
    "commands": commands_block,
    "assets": assets_block,
    "marts": marts_block,
    "jobs": jobs_block,
    "schedules": schedules_block,
    "sensors": sensors_block,
    "errors": errors_block,
    "endpoints": endpoints_block,
    "query_settings": query_settings_block,
}


def names(defs: dg.Definitions) -> str:
    """Return every name of the definitions, one a line: a change of one is a decision."""
    graph, repository = defs.resolve_asset_graph(), defs.get_repository_def()
    lines = [
        *(f"asset {key.to_user_string()}" for key in graph.get_all_asset_keys()),
        *(f"check {key.to_user_string()}" for key in graph.asset_check_keys),
        *(f"job {name}" for name in repository.job_names if not name.startswith("__")),
        *(f"schedule {schedule.name}" for schedule in repository.schedule_defs),
        *(f"sensor {sensor.name}" for sensor in repository.sensor_defs),
    ]
    return "\n".join(sorted(lines)) + "\n"


def _written(page: Path, before: str) -> str:
    if page == NAMES:
        return names(_definitions())
    return contract(before) if page == COMMITTED else filled(before)


def contract(committed: str) -> str:
    """Return the query layer's OpenAPI document; one that breaks clients is refused."""
    settings = parse_settings({"CDP_QUERY_DATABASE_URL": "postgresql://nobody@nowhere/x"})
    current = json.loads(json.dumps(create_app(settings).openapi()))
    return updated(json.loads(committed), current)


def main() -> int:
    """Fill the blocks of every page, write names and contract; report which files changed."""
    for page in (*PAGES, NAMES, COMMITTED):
        before = page.read_text()
        after = _written(page, before)
        if after != before:
            page.write_text(after)
            print(f"{page.name} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
