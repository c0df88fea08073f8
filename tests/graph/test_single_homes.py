"""One home each for the environment, the clock and automation; jobs and checks described."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from cdp_assets.settings import PROJECT_ROOT, get_settings, parse_settings

pytestmark = pytest.mark.graph


def _files_with(*texts: str, packages: tuple[str, ...]) -> Iterator[str]:
    for package in packages:
        for path in sorted((PROJECT_ROOT / package).rglob("*.py")):
            if any(text in path.read_text(encoding="utf-8") for text in texts):
                yield path.relative_to(PROJECT_ROOT).as_posix()


def test_only_the_settings_read_the_environment_of_the_graph() -> None:
    readers = _files_with(
        "os.environ", "os.getenv", packages=("cdp_assets", "resources", "sensors")
    )
    assert list(readers) == ["cdp_assets/settings.py"]


def test_only_the_clock_tells_the_time_of_the_graph() -> None:
    calls = ("datetime.now(", "utcnow(", "date.today(", "time.time(")
    readers = _files_with(*calls, packages=("cdp_assets", "resources", "sensors", "simulator"))
    assert list(readers) == ["cdp_assets/clock.py"]


def test_a_run_takes_the_locks_of_its_tables_in_one_place_which_tags_its_process_first() -> None:
    takers = _files_with(".lock_tables(", packages=("cdp_assets", "sensors"))
    assert list(takers) == ["cdp_assets/core/runs/partition_run.py"]


def test_the_clock_stands_in_no_sql_of_a_model() -> None:
    clocks = ("now()", "current_timestamp", "current_date", "clock_timestamp", "localtimestamp")
    for path in sorted((PROJECT_ROOT / "dbt_project" / "models").rglob("*.sql")):
        text = path.read_text(encoding="utf-8").lower()
        assert [clock for clock in clocks if clock in text] == [], path.name


def test_every_check_has_a_description(defs: dg.Definitions) -> None:
    undescribed = {
        f"{spec.asset_key.to_user_string()}:{spec.name}": spec.description
        for asset in defs.get_repository_def().assets_defs_by_key.values()
        for spec in asset.check_specs
        if not spec.description
    }
    assert undescribed == {}


def test_every_job_has_a_description(defs: dg.Definitions) -> None:
    jobs = [job for job in defs.get_repository_def().get_all_jobs() if job.name[:2] != "__"]
    assert jobs
    assert [job.name for job in jobs if not job.description] == []


def test_nothing_runs_by_itself_unless_automation_is_on(defs: dg.Definitions) -> None:
    assert parse_settings({}).automation == "off"
    repository = defs.get_repository_def()
    schedules, sensors = repository.schedule_defs, repository.sensor_defs
    assert {s.default_status for s in schedules} == {dg.DefaultScheduleStatus.STOPPED}
    assert {s.default_status for s in sensors} == {dg.DefaultSensorStatus.STOPPED}


def test_automation_on_starts_every_schedule_and_sensor(
    monkeypatch: pytest.MonkeyPatch, defs: dg.Definitions
) -> None:
    from cdp_assets.definitions import build_defs

    monkeypatch.setenv("CDP_AUTOMATION", "on")
    get_settings.cache_clear()
    repository = build_defs().get_repository_def()
    schedules, sensors = repository.schedule_defs, repository.sensor_defs
    assert {s.default_status for s in schedules} == {dg.DefaultScheduleStatus.RUNNING}
    assert {s.default_status for s in sensors} == {dg.DefaultSensorStatus.RUNNING}
