"""A refresh of chosen chain assets launches those and no others."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from cdp_assets.core.planning.domain_plan import PlannedRun, RunOutcome
from cdp_assets.core.planning.planner import Refresher
from cdp_assets.validators.chain_assets.chain_plan import ChainPlan
from resources.dbt_runner import make_manifest
from tests.integration.validators.conftest import Station

pytestmark = pytest.mark.integration

PERIODS, IDENTITIES, FEES = (
    f"validators/solana_mainnet/{table}"
    for table in ("canonical_periods", "canonical_validator_identities", "canonical_validator_fees")
)
META = "staging/solana_mainnet/staging_meta"


class _Recorder(Refresher):
    """Notes what would be launched."""

    launched: list[tuple[set[str], str, str]]

    def launch(self, planned: PlannedRun) -> RunOutcome:
        keys = {key.to_user_string() for key in planned.keys}
        self.launched.append((keys, planned.first, planned.last))
        return RunOutcome(planned.group, 1, planned.first, planned.last, 0.0, None)


@pytest.fixture
def refresher(station: Station) -> Iterator[_Recorder]:
    """A refresher over a chain whose periods are known and whose tables are empty."""
    make_manifest()
    from cdp_assets.definitions import defs  # the manifest must be there first

    station.periods()
    with dg.DagsterInstance.ephemeral() as instance:
        recorder = _Recorder(defs, instance, station.warehouse, as_of=station.now, user="test")
        recorder.launched = []
        yield recorder


def test_the_list_of_periods_alone_launches_nothing_else(
    refresher: _Recorder, station: Station
) -> None:
    refresher.run_plan(ChainPlan(station.registry), refresher.select([PERIODS]))
    assert refresher.launched == [({PERIODS}, "", "")]


def test_a_table_alone_is_made_for_the_known_periods_without_asking_the_chain(
    refresher: _Recorder, station: Station
) -> None:
    refresher.run_plan(ChainPlan(station.registry), refresher.select([FEES]))
    assert refresher.launched == [({FEES}, "930", "932")]


def test_tables_that_a_run_does_not_make_launch_no_run(
    refresher: _Recorder, station: Station
) -> None:
    refresher.run_plan(ChainPlan(station.registry), refresher.select([META, IDENTITIES]))
    assert refresher.launched == [({META, IDENTITIES}, "930", "933")]


def test_a_selection_without_the_chain_launches_nothing(
    refresher: _Recorder, station: Station
) -> None:
    refresher.run_plan(ChainPlan(station.registry), refresher.select(["group:filplus_weekly"]))
    assert refresher.launched == []
