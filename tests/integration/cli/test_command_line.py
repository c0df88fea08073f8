"""Commands over a real warehouse, called in this process: what they refuse in one sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable

import dagster as dg
import psycopg
import pytest

from cdp_assets.cli.app import main
from cdp_assets.settings import publish_environment
from tests.ports import free_ports

pytestmark = pytest.mark.integration

_PORTS = ("CDP_UI_PORT", "CDP_CODE_PORT", "CDP_QUERY_PORT", "CDP_QUERY_METRICS_PORT",
          "CDP_SIMULATOR_PORT")  # fmt: skip
Cdp = Callable[..., tuple[int, str]]


@pytest.fixture
def cdp(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cdp:
    """Call a command; return its exit code and what it wrote to standard error."""

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["cdp", *arguments])
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0), capsys.readouterr().err
        return 0, capsys.readouterr().err

    return call


@pytest.mark.usefixtures("instance")
def test_a_sync_without_its_source_names_the_setting_that_is_missing(cdp: Cdp) -> None:
    code, said = cdp("refresh", "--select", "raw_dmob/verifier")
    assert code == 1
    assert "DMOB_DATABASE_URL" in said
    assert len(said.splitlines()) == 1


@pytest.mark.usefixtures("instance")
def test_an_unknown_asset_is_answered_with_the_nearest_names(
    cdp: Cdp, instance: dg.DagsterInstance
) -> None:
    code, said = cdp(
        "backfill", "filplus/provider_weekly", "--from", "2026-08-03", "--to", "2026-08-10"
    )
    assert code == 1
    assert "did you mean filplus/providers_weekly or filplus/providers_weekly_acc" in said
    assert instance.get_runs_count() == 0


@pytest.mark.usefixtures("instance")
def test_an_asset_without_time_partitions_is_named_with_the_command_that_makes_it(
    cdp: Cdp,
) -> None:
    code, said = cdp("backfill", "raw_dmob/verifier", "--from", "2026-08-03", "--to", "2026-08-10")
    assert code == 1
    assert "raw_dmob/verifier: the asset has no time partitions" in said
    assert "'cdp refresh --select' builds it" in said


@pytest.mark.usefixtures("instance")
def test_a_range_without_a_partition_is_refused(cdp: Cdp) -> None:
    code, said = cdp(
        "backfill", "filplus/providers_weekly", "--from", "2020-01-06", "--to", "2020-01-13"
    )
    assert code == 1
    assert "no partition is in that range" in said


def test_a_demo_is_not_made_in_a_warehouse_that_others_write(
    cdp: Cdp, warehouse_dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with psycopg.connect(warehouse_dsn) as connection:
        connection.execute("select ops.bump_version('filplus/providers_weekly', 'production')")
    folder = tmp_path_factory.mktemp("state") / "state"
    ports = dict(zip(_PORTS, map(str, free_ports(len(_PORTS))), strict=True))
    publish_environment({"DATABASE_URL": warehouse_dsn, "CDP_STATE_DIR": str(folder), **ports})
    code, said = cdp("demo", "--deals", "100")
    assert code == 1
    assert (
        "DATABASE_URL: the warehouse holds tables that no demo of this state folder built" in said
    )
    assert not (folder / "demo.json").exists()
