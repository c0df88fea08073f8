"""The fixed edition-5 figures from a folder, an address, or nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest

from cdp_assets.filplus.edition5.assets import edition5_statistics
from cdp_assets.settings import publish_environment
from tests.integration.filplus.registry.conftest import Registries

COUNTS = """
    select (select count(*) from filplus.edition5_audit_states),
        (select count(*) from filplus.edition5_audit_times),
        (select count(*) from filplus.edition5_pathways),
        (select count(*) from filplus.edition5_monthly_outcomes)
"""


def _make(registries: Registries, source: object) -> dg.ExecuteInProcessResult:
    publish_environment({"CDP_EDITION5_SOURCE": str(source)})
    return dg.materialize(
        [edition5_statistics], resources={"warehouse": registries.warehouse}, raise_on_error=False
    )


def _failure(result: dg.ExecuteInProcessResult) -> str:
    assert not result.success
    data = result.failure_data_for_node("edition5_statistics")
    assert data is not None
    assert data.user_failure_data is not None
    return data.user_failure_data.description or ""


def test_the_real_figures_land_from_their_folder(registries: Registries, shared_data: Path) -> None:
    result = _make(registries, shared_data / "filecoin/registry")
    assert result.success
    assert registries.rows(COUNTS) == [(174, 12, 85, 0)]
    assert registries.rows(
        "select series, round, average_seconds / 86400 from filplus.edition5_audit_times "
        "order by 1, 2"
    ) == [
        *(("audit", n, days) for n, days in enumerate((17, 18, 18, 15, 18, 9), 1)),
        *(("conversation", n, days) for n, days in enumerate((17, 16, 12, 12, 5, 10), 1)),
    ]
    assert dict(
        registries.rows("select outcome, count(*) from filplus.edition5_audit_states group by 1")
    ) == {"passed": 121, "passedConditionally": 36, "failed": 11, "unknown": 6}
    assert [
        (e.asset_key.path[-1], e.check_name)
        for e in result.get_asset_check_evaluations()
        if not e.passed
    ] == [
        ("edition5_audit_states", "outcomes_known"),  # six words that nobody knows
        ("edition5_monthly_outcomes", "file_exists"),
    ]


def test_the_simulated_figures_land_from_their_address_and_are_kept(
    registries: Registries,
) -> None:
    source = f"{registries.simulator.url}/edition5"
    assert _make(registries, source).success
    assert _make(registries, source).success
    ((states, times, pathways, months),) = registries.rows(COUNTS)
    assert (times, pathways, months) == (12, 12, 64)
    assert states >= 12
    assert registries.rows("select count(*) from raw_edition5.files") == [(4,)]
    assert set(registries.rows("select version from ops.asset_version")) == {(1,)}
    assert registries.rows("select source, ok from ops.source_health") == [("edition5", True)]


def test_without_a_source_the_run_names_what_is_missing(registries: Registries) -> None:
    told = _failure(_make(registries, ""))
    assert told.startswith("CDP_EDITION5_SOURCE: the fixed statistics of edition 5")
    assert "audit states, times by round, monthly outcomes, pathways" in told


@pytest.mark.parametrize("absent", ["edition5_AuditStates.json", "edition5_DatacapFlow.json"])
def test_a_file_that_is_missing_is_named(
    registries: Registries, tmp_path: Path, absent: str
) -> None:
    for name in ("AuditStates", "AuditTimesByRound", "DatacapFlow"):
        content = "{}" if name == "AuditTimesByRound" else "[]"
        (tmp_path / f"edition5_{name}.json").write_text(content)
    (tmp_path / absent).unlink()
    assert f"it holds no {absent}" in _failure(_make(registries, tmp_path))


def test_a_bad_file_overwrites_nothing_and_is_named(registries: Registries, tmp_path: Path) -> None:
    assert _make(registries, f"{registries.simulator.url}/edition5").success
    before = registries.rows(COUNTS)
    (tmp_path / "edition5_AuditStates.json").write_text("[]")
    (tmp_path / "edition5_AuditTimesByRound.json").write_text("{}")
    (tmp_path / "edition5_DatacapFlow.json").write_text("[")
    assert "edition5_DatacapFlow.json: it is no JSON" in _failure(_make(registries, tmp_path))
    assert registries.rows(COUNTS) == before


def _files(folder: Path, **documents: object) -> None:
    for name, document in documents.items():
        (folder / f"edition5_{name}.json").write_text(json.dumps(document))


STATE = {"allocatorId": "f01", "allocatorName": "A", "audits": [{"outcome": "passed"}]}
FLOW = {"allocatorId": "f01", "typeOfAllocator": "Manual", "pathway": "RKH"}


@pytest.mark.parametrize("what", ["absent", "empty"])
def test_a_file_that_is_gone_or_empty_takes_no_fixed_figure_away(
    registries: Registries, tmp_path: Path, what: str
) -> None:
    month = {"month": "2024-03", "count": {"passed": 1}, "datacap": {"passed": 1}}
    times = {"averageAuditTimesSecs": [10]}
    full = {"AuditStates": [STATE], "AuditTimesByRound": times, "DatacapFlow": [FLOW]}
    _files(tmp_path, **full, AuditOutcomes=[month])
    assert _make(registries, tmp_path).success
    assert registries.rows(COUNTS) == [(1, 1, 1, 1)]
    if what == "absent":
        for file in tmp_path.iterdir():
            file.unlink()
    else:
        _files(tmp_path, AuditStates=[], AuditTimesByRound={}, DatacapFlow=[], AuditOutcomes=[])
    result = _make(registries, tmp_path)
    assert result.success
    assert registries.rows(COUNTS) == [(1, 1, 1, 1)]
    told = [
        (e.passed, e.description or "")
        for e in result.get_asset_check_evaluations()
        if e.check_name == "file_exists"
    ]
    assert [passed for passed, _ in told] == [False] * 4
    assert all(text.endswith("the table still has its previous 1 row.") for _, text in told)
    assert set(registries.rows("select row_count, state from ops.asset_partition_status")) == {
        (1, "MATERIALIZED")
    }
    assert set(registries.rows("select version from ops.asset_version")) == {(1,)}


@pytest.mark.parametrize(
    ("states", "why"),
    [
        (5, "it holds no list"),
        ([{**STATE, "allocatorName": "a\0b"}], "it holds a value that its table cannot hold"),
        ([{**STATE, "allocatorName": "\ud800"}], "it holds a value that its table cannot hold"),
    ],
)
def test_one_file_that_cannot_be_read_keeps_no_other_from_being_stored(
    registries: Registries, tmp_path: Path, states: object, why: str
) -> None:
    _files(tmp_path, AuditStates=states, AuditTimesByRound={"averageAuditTimesSecs": [10]})
    _files(tmp_path, DatacapFlow=[FLOW])
    result = _make(registries, tmp_path)
    assert _failure(result).startswith(f"edition5_AuditStates.json: {why}")
    assert registries.rows(COUNTS) == [(0, 1, 1, 0)]
    made = {e.asset_key.path[-1] for e in result.get_asset_materialization_events() if e.asset_key}
    assert made == {"edition5_audit_times", "edition5_pathways", "edition5_monthly_outcomes"}
    assert (
        dict(registries.rows("select asset_key, outcome from ops.runs"))[
            "filplus/edition5_audit_states"
        ]
        == "FAILED"
    )
    _files(tmp_path, AuditStates=[STATE])
    assert _make(registries, tmp_path).success
    assert registries.rows(COUNTS) == [(1, 1, 1, 0)]


def test_a_folder_that_is_none_is_named(registries: Registries, tmp_path: Path) -> None:
    assert "is no folder" in _failure(_make(registries, tmp_path / "nowhere"))


def test_what_is_dropped_of_a_fixed_figure_is_an_issue_until_it_is_gone(
    registries: Registries, tmp_path: Path
) -> None:
    robust = "f410f7l5mtq7w3m52y4joj4ckkiaaqgireqton3l6joy"
    registries.write_verifiers([("f03220716", robust)])
    audit = {"outcome": "DENIED", "ended": "2025-08-212T01:00:00.000Z"}
    full = {"AuditTimesByRound": {}, "DatacapFlow": [FLOW]}
    _files(tmp_path, **full, AuditStates=[STATE | {"allocatorId": robust, "audits": [audit]}])
    assert _make(registries, tmp_path).success
    assert registries.rows("select allocator_id, outcome from filplus.edition5_audit_states") == [
        ("f03220716", "unknown")
    ]
    assert {reason for _, reason, _ in registries.issues("edition5_audit_states")} == {
        "id_is_address",
        "unlisted_outcome",
        "unreadable_time",
    }
    _files(tmp_path, AuditStates=[STATE])
    assert _make(registries, tmp_path).success
    assert registries.issues("edition5_audit_states") == set()
