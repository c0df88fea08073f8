"""dbt's models as assets: one decorated function per cadence and step, chosen by tag.

A run replaces the window of its partitions, publishes it in the same transaction, runs the checks
of the tables that it wrote, and reports every model and check before it fails. Scope: what Dagster
gets; not here: invoking dbt (``resources.dbt_runner``), the rules of a table (its model), or which
partitions are stale (``cdp_assets.core.planning.staleness``).
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets

from cdp_assets import partitions
from cdp_assets.core.dagster_compat import replace_record
from cdp_assets.core.dbt.column_lineage import stored_lineage
from cdp_assets.core.dbt.dbt_test_results import check_results, mark_failed_partitions
from cdp_assets.core.planning.asset_facts import IS_CUMULATIVE, SOURCE_SETTING
from cdp_assets.core.runs.materialization import materialization_metadata
from cdp_assets.core.runs.partition_run import partition_run
from cdp_assets.core.runs.run_failures import as_dagster_failure
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.errors import PermanentFailure
from cdp_assets.settings import get_settings
from cdp_assets.units import counted
from resources.dbt_runner import DbtRunner, NodeResult, require_manifest
from resources.postgres.ops_status import RunRecord
from resources.postgres.warehouse import Warehouse

SQL_TIMESTAMP = "%Y-%m-%d %H:%M:%S"
# Backfills of the UI: one run per week of hours. The planner has its own limit for `cdp`.
_BACKFILL_POLICIES = {
    "hourly": dg.BackfillPolicy.multi_run(max_partitions_per_run=168),
    "daily": dg.BackfillPolicy.single_run(),
    "weekly": dg.BackfillPolicy.single_run(),
}
_DEFINITIONS: Mapping[str, dg.TimeWindowPartitionsDefinition | None] = {
    "hourly": partitions.hours,
    "daily": partitions.days,
    "weekly": partitions.weeks,
    "snapshot": None,
}
_INTERMEDIATE = "intermediate"  # folder of models: what two or more marts need


@dataclass(frozen=True)
class RunVariables:
    """What a domain adds to the variables of a run.

    Attributes:
        as_of: The clock that its models use.
        further: Variables besides the window, by name.
    """

    as_of: datetime
    further: Mapping[str, object] = field(default_factory=dict)


# The guard of a domain: it refuses a run whose inputs are not complete, or returns its variables.
RunGuard = Callable[
    [psycopg.Connection, Sequence[Mapping[str, Any]], partitions.Window, datetime], RunVariables
]


@dataclass(frozen=True)
class ModelStep:
    """Models that run in a step of their own, beside the others of their cadence.

    Models of one cadence share a step, unless they read a table of another step that reads them.

    Attributes:
        name: As the models have it in their ``meta.step``.
        cadence: Their tag.
        guard: Of their runs.
    """

    name: str
    cadence: str
    guard: RunGuard


class Translator(DagsterDbtTranslator):
    """What dbt's configuration cannot say to Dagster."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Return ``[schema, table]``: where the rows are."""
        name = dbt_resource_props.get("identifier") or dbt_resource_props["name"]
        return dg.AssetKey([dbt_resource_props["schema"], name])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return the description alone; the framework would append the SQL."""
        return str(dbt_resource_props["description"]).strip()

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        """Return the tags by which people filter the catalogue."""
        if dbt_resource_props["resource_type"] != "model":
            return {}  # a source: the asset that lands it has its own
        cadence = next((t for t in dbt_resource_props.get("tags", []) if t in _DEFINITIONS), "none")
        layer = "intermediate" if _INTERMEDIATE in dbt_resource_props["fqn"] else "mart"
        return {
            "domain": domain_of(dbt_resource_props),
            "layer": layer,
            "cadence": cadence,
            "pii": "none",
            "tier": "1" if layer == "mart" else "2",
        }

    def get_code_version(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the version that the publication also stores with each partition."""
        return code_version_of(dbt_resource_props) if dbt_resource_props.get("checksum") else None

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """Add to the column schema what a run reads, and why that is bounded."""
        metadata = dict(super().get_metadata(dbt_resource_props))
        meta = dbt_resource_props.get("config", {}).get("meta", {})
        if "reads" in meta:
            metadata["reads"] = meta["reads"]
            metadata["primary_key"] = ", ".join(meta["primary_key"])
        if SOURCE_SETTING in meta:
            metadata[SOURCE_SETTING] = meta[SOURCE_SETTING]
        partition = meta.get("partition", {})
        if partition.get("is_cumulative"):
            metadata[IS_CUMULATIVE] = True
        if partition.get("present_only"):
            metadata["present_only"] = True
            metadata["observed"] = f"{dbt_resource_props['schema']}/{dbt_resource_props['name']}"
        if partition.get("observed_by"):
            metadata["observed"] = partition["observed_by"]
        return metadata

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """Give a check the description of its dbt test, which the framework drops (D-05)."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        words = str(manifest["nodes"].get(unique_id, {}).get("description", "")).strip()
        return spec and replace_record(spec, description=words)

    def get_partition_mapping(
        self,
        dbt_resource_props: Mapping[str, Any],
        dbt_parent_resource_props: Mapping[str, Any],
    ) -> dg.PartitionMapping | None:
        """Declare which upstream windows a window reads (U-09).

        The running week covers hours and days that do not exist yet; they are not required. A
        running total reads its own previous week. An unpartitioned table reads all partitions of
        its inputs, and its readers read all of it.
        """
        if "snapshot" in dbt_resource_props["tags"]:
            return None
        if "snapshot" in dbt_parent_resource_props.get("tags", []):
            return dg.AllPartitionMapping()
        if dbt_parent_resource_props["resource_type"] == "source":
            return (
                None
                if _is_partitioned_source(dbt_parent_resource_props)
                else dg.AllPartitionMapping()
            )
        if dbt_resource_props["unique_id"] == dbt_parent_resource_props["unique_id"]:
            return dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)
        if set(dbt_resource_props["tags"]) & set(dbt_parent_resource_props["tags"]):
            return None  # the same window; the framework takes one mapping per parent and function
        return dg.TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)


def asset_key_of(model: Mapping[str, Any]) -> str:
    """Return ``schema/table`` of a model."""
    return f"{model['schema']}/{model['name']}"


def domain_of(model: Mapping[str, Any]) -> str:
    """Return the domain of a model, which its folder sets in ``meta``."""
    return str(model["config"]["meta"]["domain"])


def code_version_of(model: Mapping[str, Any]) -> str:
    """Return the version of a model's code, from its checksum."""
    return str(model["checksum"]["checksum"])[:12]


def _is_partitioned_source(source: Mapping[str, Any]) -> bool:
    return bool(source["meta"].get("partition"))


def build_dbt_assets(
    domain: str, guard: RunGuard, steps: Sequence[ModelStep] = ()
) -> list[dg.AssetsDefinition]:
    """Return the assets of a domain's models: one function per cadence, and one per further step.

    Args:
        domain: As the models name it in their ``meta``.
        guard: Of the runs of models with partitions.
        steps: Those of models that do not run with the others of their cadence.

    Raises:
        BadConfiguration: The manifest is missing or old.
    """
    manifest = require_manifest()
    exclude = " ".join(f"config.meta.step:{step.name}" for step in steps)
    by_cadence = [
        _assets(manifest, domain, ModelStep(cadence, cadence, guard), f"tag:{cadence}", exclude)
        for cadence in _DEFINITIONS
    ]
    further = [
        _assets(manifest, domain, step, f"tag:{step.cadence},config.meta.step:{step.name}")
        for step in steps
    ]
    return [*by_cadence, *further]


def _assets(
    manifest: Mapping[str, Any], domain: str, step: ModelStep, select: str, exclude: str = ""
) -> dg.AssetsDefinition:
    definition = _DEFINITIONS[step.cadence]

    @dbt_assets(
        manifest=manifest,
        select=f"{select},config.meta.domain:{domain}",
        exclude=exclude,
        name=f"{domain}_{step.name}_models",
        partitions_def=definition,
        backfill_policy=_BACKFILL_POLICIES.get(step.cadence),
        dagster_dbt_translator=Translator(),
        op_tags={"cadence": step.cadence},
    )
    def models(
        context: dg.AssetExecutionContext, warehouse: Warehouse, dbt: DbtRunner
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        yield from materialize_models(context, warehouse, dbt, manifest, definition, step.guard)

    policy = FRESHNESS_BY_CADENCE[step.cadence]
    return models.map_asset_specs(
        lambda spec: spec.replace_attributes(
            freshness_policy=policy, kinds={"dbt", "postgres", "sql"}
        )
    )


def materialize_models(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    dbt: DbtRunner,
    manifest: Mapping[str, Any],
    definition: dg.TimeWindowPartitionsDefinition | None,
    guard: RunGuard,
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Write the selected models for the run's partitions; yield one result per model and check.

    Without a definition the models are unpartitioned.

    Raises:
        MissingUpstream: The guard refuses the run.
        PermanentFailure: dbt could not run at all.
        dagster.Failure: At least one model or blocking check failed; all are named.
    """
    models = _selected_models(context, manifest)
    asset_keys = [asset_key_of(model) for model in models]
    with partition_run(context, warehouse, asset_keys, definition=definition) as run:
        keys, what = run.keys, ""
        if definition is None:
            variables = snapshot_variables(run.as_of, run.run_id)
        else:
            window = partitions.window_of_keys(definition, keys)
            variables = run_variables(warehouse, guard, models, window, run.as_of, run.run_id)
            what = f" for {counted(len(keys), 'partition')} {keys[0]} to {keys[-1]}"
        context.log.info(f"writing {counted(len(models), 'table')}{what}")
        results = dbt.build(
            warehouse.address(), with_checks(models, manifest), variables, context.log.warning
        )
        yield from _report(context, warehouse, manifest, results, run.record)


def run_variables(
    warehouse: Warehouse,
    guard: RunGuard,
    models: Sequence[Mapping[str, Any]],
    window: partitions.Window,
    as_of: datetime,
    run_id: str,
) -> dict[str, object]:
    """Return the variables of the run; the guard may refuse it first."""
    with warehouse.connect(autocommit=True) as connection:
        found = guard(connection, models, window, as_of)
    return {
        "min_date": window[0].strftime(SQL_TIMESTAMP),
        "max_date": window[1].strftime(SQL_TIMESTAMP),
        "as_of": found.as_of.strftime(SQL_TIMESTAMP),
        "partitions_start": get_settings().partitions_start.strftime(SQL_TIMESTAMP),
        "run_id": run_id,
        **found.further,
    }


def snapshot_variables(as_of: datetime, run_id: str) -> dict[str, object]:
    """Return the variables of a run of unpartitioned models: no window."""
    return {"as_of": as_of.strftime(SQL_TIMESTAMP), "run_id": run_id}


def _selected_models(
    context: dg.AssetExecutionContext, manifest: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    selected = {key.path[-1] for key in context.selected_asset_keys}
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["name"] in selected
    ]


def with_checks(models: Sequence[Mapping[str, Any]], manifest: Mapping[str, Any]) -> list[str]:
    """Return the names of the models and of their checks, which run in the same dbt call."""
    ids = {model["unique_id"] for model in models}
    tests = [
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node.get("attached_node") in ids
    ]
    return sorted([model["name"] for model in models] + tests)


def _report(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    manifest: Mapping[str, Any],
    results: Sequence[NodeResult],
    record: RunRecord,
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    failed: list[str] = []
    with warehouse.connect(autocommit=True) as connection:
        for result in results:
            node = manifest["nodes"][result.unique_id]
            if node["resource_type"] == "model" and result.is_good:
                key = asset_key_of(node)
                yield dg.MaterializeResult(
                    asset_key=dg.AssetKey(key.split("/")),
                    metadata=_metadata(context, connection, key, result),
                )
        for result in results:
            node = manifest["nodes"][result.unique_id]
            if node["resource_type"] == "test" and result.status != "skipped":
                yield check_results(connection, manifest, node, result)
                if not result.is_good:
                    mark_failed_partitions(connection, manifest, node, result, context.run.run_id)
            if not result.is_good:
                failed.append(f"{node['name']} ({result.status}: {_first_line(result.message)})")
    if failed:
        record.outcome = "CHECK_FAILED" if _only_checks_failed(manifest, results) else "FAILED"
        tried = counted(len(results), "model or check", "models and checks")
        cause = f"{len(failed)} of {tried} did not succeed"
        raise as_dagster_failure(
            PermanentFailure(
                f"{cause}: {'; '.join(failed)}.",
                hint="open the checks of the table: each shows sample rows and the SQL to see all",
            )
        )


def _only_checks_failed(manifest: Mapping[str, Any], results: Sequence[NodeResult]) -> bool:
    return all(
        manifest["nodes"][r.unique_id]["resource_type"] == "test"
        or r.status in ("success", "skipped")
        for r in results
    )


def _metadata(
    context: dg.AssetExecutionContext,
    connection: psycopg.Connection,
    asset_key: str,
    result: NodeResult,
) -> dict[str, Any]:
    """Return the labels of a model, with its own duration and the lineage of its columns."""
    lineage = stored_lineage(connection, asset_key)
    return {
        **materialization_metadata(context, connection, asset_key),
        "duration_seconds": result.seconds,
        **({"dagster/column_lineage": lineage} if lineage else {}),
    }


def _first_line(message: str | None) -> str:
    lines = [line.strip() for line in (message or "no message").splitlines() if line.strip()]
    return " ".join(lines[:3])[:300] if lines else "no message"
