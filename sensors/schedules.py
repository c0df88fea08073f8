"""Schedules: the hourly sync, the hour and the day that just ended, the running week.

All in UTC. An hour is rebuilt after it ended, because the run inside it saw only its beginning.
``sensors.late_data`` handles late rows, ``sensors.unfinished_partitions`` windows that no tick
completed. With a pinned clock every tick requests what a tick at that instant requests. Scope:
which partitions a tick requests; not here: whether they are stale.
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg

from cdp_assets import partitions
from cdp_assets.core.planning.configured_sources import missing_settings
from cdp_assets.core.runs.run_tags import USER_TAG, range_tags
from cdp_assets.filplus.jobs import (
    ALLOCATOR_REPORT_JOB,
    CLIENT_REPORT_JOB,
    DAILY_JOB,
    DMOB_SYNC_JOB,
    ENTITIES_JOB,
    HOURLY_JOB,
    IPNI_CRAWL_JOB,
    PROVIDER_DAILY_JOB,
    PROVIDER_HOURLY_JOB,
    REGISTRIES_JOB,
    WEEKLY_JOB,
)
from cdp_assets.filplus.reports.report_tables import ALLOCATOR_TABLES, CLIENT_TABLES
from cdp_assets.governance.audit_verification import AUDIT_JOB
from cdp_assets.quality.daily_checks import QUALITY_JOB
from cdp_assets.settings import get_settings
from cdp_assets.validators.pnl.fx_rates_asset import FX_JOB
from cdp_assets.validators.statements.statement_asset import JOB as STATEMENTS_JOB

_HOURLY_MINUTE = 10
_WEEKLY_MINUTE = 20
_FILES = ("github", "edition5")  # tag `source` of what the registries' job reads
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)

Tick = Callable[[dg.ScheduleEvaluationContext], dg.RunRequest | dg.SkipReason]
Build = Callable[[str, str, str, Tick, str], dg.ScheduleDefinition]


def build_schedules(default_status: dg.DefaultScheduleStatus) -> list[dg.ScheduleDefinition]:
    """Return every schedule; minutes differ, so that a tick reads what earlier ones built."""

    def schedule(
        name: str, job: str, cron: str, tick: Tick, description: str
    ) -> dg.ScheduleDefinition:
        return dg.ScheduleDefinition(
            name=name,
            job_name=job,
            cron_schedule=cron,
            execution_timezone="UTC",
            execution_fn=tick,
            default_status=default_status,
            description=description,
        )

    return [*_filplus_schedules(schedule), *_validator_schedules(schedule)]


def _filplus_schedules(schedule: Build) -> list[dg.ScheduleDefinition]:
    return [
        schedule(
            "dmob_sync_hourly_schedule", DMOB_SYNC_JOB, "2 * * * *", _sync_tick,
            "Two minutes past each hour: land what changed in the source database.",
        ),
        schedule(
            "filplus_registries_hourly_schedule", REGISTRIES_JOB, "6 * * * *", _registries_tick,
            "Six past each hour: registry, archive, bookkeeping, edition 5, if configured.",
        ),
        schedule(
            "filplus_hourly_schedule", HOURLY_JOB, f"{_HOURLY_MINUTE} * * * *", _hours_tick,
            "Ten past each hour: the hour that ended and the running one.",
        ),
        schedule(
            "filplus_entities_schedule", ENTITIES_JOB, "25 * * * *", _entities_tick,
            "Twenty-five past each hour, after the weeks: the tables without partitions.",
        ),
        schedule(
            "filplus_daily_schedule", DAILY_JOB, "15 0 * * *",
            _day_tick_of("filplus_daily_schedule"),
            "Quarter past midnight: observations and counts of the present day.",
        ),
        schedule(
            "filplus_weekly_schedule", WEEKLY_JOB, f"{_WEEKLY_MINUTE} * * * *", _weeks_tick,
            "Twenty past each hour: the running week; on Mondays also the one that ended.",
        ),
        schedule(
            "provider_sources_daily_schedule", PROVIDER_DAILY_JOB, "30 0 * * *", _two_days_tick,
            "Half past midnight, before the reports: observe providers; also the day that ended.",
        ),
        schedule(
            "provider_sources_hourly_schedule", PROVIDER_HOURLY_JOB, "40 * * * *",
            _tick_of("provider_sources_hourly_schedule"),
            "Twenty to each hour: look up the locations of at most twenty providers.",
        ),
        schedule(
            "ipni_crawl_schedule", IPNI_CRAWL_JOB, "0 20 * * *", _tick_of("ipni_crawl_schedule"),
            "Eight in the evening: crawl the IPNI chains, then compute the present status.",
        ),
        schedule(
            "client_report_daily_schedule", CLIENT_REPORT_JOB, "0 1 * * *",
            _reports_tick_of("client_report_daily_schedule"),
            "One o'clock each day: the reports of clients, which those of allocators read.",
        ),
        schedule(
            "allocator_report_daily_schedule", ALLOCATOR_REPORT_JOB, "0 6 * * *",
            _reports_tick_of("allocator_report_daily_schedule"),
            "Six o'clock each day: the reports and scores of allocators, then the alerts.",
        ),
        schedule(
            "data_quality_daily_schedule", QUALITY_JOB, "0 7 * * *",
            _tick_of("data_quality_daily_schedule"),
            "Seven o'clock each day, after the reports: checks of the day that ended.",
        ),
    ]  # fmt: skip


def _validator_schedules(schedule: Build) -> list[dg.ScheduleDefinition]:
    return [
        schedule(
            "validator_prices_schedule", FX_JOB, "50 * * * *", _prices_tick,
            "Every hour: prices of the chains' units, where a source of them is configured.",
        ),
        schedule(
            "audit_verification_daily_schedule", AUDIT_JOB, "30 7 * * *",
            _tick_of("audit_verification_daily_schedule"),
            "Half past seven each day: verify the audit log, and anchor its newest entry.",
        ),
        schedule(
            "partner_statements_daily_schedule", STATEMENTS_JOB, "20 7 * * *", _statements_tick,
            "Twenty past seven each day: draft the statements of the two months that ended last.",
        ),
    ]  # fmt: skip


def first_scheduled_hour(instant: datetime) -> datetime:
    """Return the oldest hour that the next hourly tick after an instant builds."""
    return _first_hour(_next(instant, _HOURLY_MINUTE))


def first_scheduled_week(instant: datetime) -> datetime:
    """Return the oldest week that the next weekly tick after an instant builds."""
    return _first_week(_next(instant, _WEEKLY_MINUTE))


def _next(instant: datetime, minute: int) -> datetime:
    past = timedelta(minutes=minute)
    return partitions.floor_hour(instant - past) + _HOUR + past


def _first_hour(tick: datetime) -> datetime:
    return partitions.floor_hour(tick) - _HOUR


def _first_week(tick: datetime) -> datetime:
    running = partitions.floor_week(tick)
    return running - _WEEK if tick - running < _DAY else running


def _sync_tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    moment = _moment(context)
    return dg.RunRequest(
        run_key=f"{moment:%Y-%m-%dT%H:%M}", tags={USER_TAG: "schedule:dmob_sync_hourly_schedule"}
    )


def _entities_tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    moment = _moment(context)
    return dg.RunRequest(
        run_key=f"{moment:%Y-%m-%dT%H:%M}", tags={USER_TAG: "schedule:filplus_entities_schedule"}
    )


def _registries_tick(
    context: dg.ScheduleEvaluationContext,
) -> dg.RunRequest | dg.SkipReason:
    """Request the job's tables whose source is configured."""
    graph = context.repository_def.asset_graph
    keys = {k for k in graph.materializable_asset_keys if graph.get(k).tags.get("source") in _FILES}
    missing = missing_settings(graph, keys, get_settings())
    configured = sorted(keys - missing.keys())
    if not configured:
        return dg.SkipReason(f"{' and '.join(sorted(set(missing.values())))} are not set")
    return dg.RunRequest(
        run_key=f"registries:{_moment(context):%Y-%m-%dT%H:%M}",
        asset_selection=configured,
        tags={USER_TAG: "schedule:filplus_registries_hourly_schedule"},
    )


def _hours_tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    moment = _moment(context)
    last = partitions.floor_hour(moment)
    return _range(partitions.hours, _first_hour(moment), last, "filplus_hourly_schedule")


def _day_tick_of(name: str) -> Tick:
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        running = partitions.floor_day(_moment(context))
        return _range(partitions.days, running, running, name)

    return tick


def _reports_tick_of(name: str) -> Tick:
    """Return the tick of a job of reports; it waits until all of their sources have an address."""

    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        keys = {dg.AssetKey(table.key.split("/")) for table in (*CLIENT_TABLES, *ALLOCATOR_TABLES)}
        missing = missing_settings(context.repository_def.asset_graph, keys, get_settings())
        if missing:
            return dg.SkipReason(f"{' and '.join(sorted(set(missing.values())))} is not set")
        return _day_tick_of(name)(context)

    return tick


def _two_days_tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    running = partitions.floor_day(_moment(context))
    return _range(partitions.days, running - _DAY, running, "provider_sources_daily_schedule")


def _prices_tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    if get_settings().fx_source is None:
        return dg.SkipReason("CDP_FX_SOURCE is not set: P&L has no fiat columns")
    return _tick_of("validator_prices_schedule")(context)


def _tick_of(name: str) -> Tick:
    """Return the tick of a job without partitions."""

    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(
            run_key=f"{name}:{_moment(context):%Y-%m-%dT%H:%M}",
            tags={USER_TAG: f"schedule:{name}"},
        )

    return tick


def _weeks_tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    moment = _moment(context)
    last = partitions.floor_week(moment)
    return _range(partitions.weeks, _first_week(moment), last, "filplus_weekly_schedule")


def _statements_tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Request the months whose lines may still become final; earlier ones are drafted by hand."""
    name, moment = "partner_statements_daily_schedule", _moment(context)
    last = partitions.floor_month(partitions.floor_month(moment) - _DAY)
    request = _range(partitions.months, partitions.floor_month(last - _DAY), last, name)
    return dg.RunRequest(run_key=f"{name}:{moment:%Y-%m-%d}", tags=request.tags)


def _moment(context: dg.ScheduleEvaluationContext) -> datetime:
    return get_settings().as_of or context.scheduled_execution_time.astimezone(UTC)


def _range(
    definition: dg.TimeWindowPartitionsDefinition, first: datetime, last: datetime, name: str
) -> dg.RunRequest:
    start = max(first, definition.start.astimezone(UTC))
    keys = (partitions.key_of(definition, start), partitions.key_of(definition, last))
    return dg.RunRequest(
        run_key=f"{name}:{keys[1]}",
        tags={USER_TAG: f"schedule:{name}", **range_tags(*keys)},
    )
