"""The first command of the README: what a demo brings, says and leaves (U-25, F-02, F-04, F-07)."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Demo
from tests.e2e.demo_run import Finished, cdp, run
from tests.e2e.private_clone import changes_of, outside_log, packages_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

NOISE = re.compile(r"Traceback|Warning|warnings\.warn|[Dd]eprecat")


@pytest.fixture(scope="module")
def second(demo: Demo) -> Finished:
    """The same command a second time, once the deals that arrived late are healed."""
    healed = cdp(demo.environment, "refresh")
    assert healed.code == 0, healed.text
    return cdp(demo.environment, "demo", "--deals", "4000")


def _line(text: str, first_word: str) -> str:
    (found,) = [line for line in text.splitlines() if line.startswith(f"{first_word} ")]
    return found.removeprefix(first_word).strip()


def test_the_demo_wrote_down_that_it_came_to_its_end_and_no_address(demo: Demo) -> None:
    record = json.loads((demo.state / "demo.json").read_text())
    assert set(record) == {
        "CDP_AS_OF",
        "CDP_PARTITIONS_START",
        "complete",
        "periods_observed",
        "warehouse",
    }


def test_every_step_of_the_demo_is_named_in_order_with_its_time(demo: Demo) -> None:
    steps = re.findall(r"^ *\d+\.\d s  \[(\d)/8\] \w+", demo.first.text, re.MULTILINE)
    assert steps == list("12345678")


def test_the_demo_says_nothing_that_would_frighten_a_newcomer(demo: Demo) -> None:
    assert [line for line in demo.first.text.splitlines() if NOISE.search(line)] == []


def test_logs_of_the_served_processes_hold_no_traceback(demo: Demo) -> None:
    logs = {log.stem: log.read_text() for log in (demo.state / "services").glob("*.log")}
    assert {"code-server", "daemon", "webserver", "query-layer", "simulator"} <= set(logs)
    assert [name for name, text in logs.items() if "Traceback" in text] == []


def test_the_summary_has_a_line_for_every_asset_of_the_graph(demo: Demo) -> None:
    query = "{assetNodes {assetKey {path} isMaterializable}}"
    answer = httpx.post(demo.url("UI", "/graphql"), json={"query": query}, timeout=60).json()
    known = {
        "/".join(node["assetKey"]["path"])
        for node in answer["data"]["assetNodes"]
        if node["isMaterializable"]
    }
    listed = {
        words[0]: int(words[1].replace(",", ""))
        for words in map(str.split, demo.first.text.splitlines())
        if len(words) > 2 and "/" in words[0] and words[1].replace(",", "").isdigit()
    }
    assert set(listed) == known
    assert listed["filplus/client_claims_hourly"] == 949
    assert min(listed.values()) > 0


def test_every_table_has_the_expected_rows_and_columns(demo: Demo) -> None:
    assert demo.diff.code == 0, (
        f"meant? `make demo` of 4,000 deals, `cdp diff --write`\n{demo.diff.text}"
    )


def test_the_summary_counts_checks_and_none_failed_but_some_warn(demo: Demo) -> None:
    found = re.search(
        r"^checks: (\d+) passed, (\d+) with a warning, 0 failed$", demo.first.text, re.M
    )
    assert found is not None
    assert int(found[1]) > 150  # those of every write, and the daily ones
    assert int(found[2]) > 0


def test_the_summary_shows_every_kind_of_outcome(demo: Demo) -> None:
    lines = {
        words[0]: [
            int(n.replace(",", "")) for n in re.findall(r"\b\d[\d,]*\b", " ".join(words[1:]))
        ]
        for words in (line.split() for line in demo.first.text.splitlines())
        if words and words[0] in {"allocators", "scores", "providers", "checks", "no", "late"}
    }
    for kind in ("allocators", "providers"):
        assert min(lines[kind][:3]) > 0, (kind, lines[kind])
    failed, all_checks = lines["checks"][:2]
    assert 0 < failed < all_checks
    assert lines["scores"][0] > 0, "somebody's score fell"
    assert lines["scores"][-1] == 2, "by two versions of the rules"
    assert lines["no"][0] > 0
    assert lines["late"][0] > 0


def test_the_psql_line_of_the_summary_answers_with_five_providers(demo: Demo) -> None:
    line = _line(demo.first.text, "psql")
    done = subprocess.run(
        ["/bin/sh", "-c", line], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "(5 rows)" in done.stdout


def test_the_curl_line_of_the_summary_answers_in_the_shape_that_was_shown(demo: Demo) -> None:
    command, url, *more = shlex.split(_line(demo.first.text, "curl"))
    assert (command, more) == ("curl", [])
    answer = httpx.get(url, timeout=30)
    assert answer.status_code == 200
    shown = demo.first.text.split(url)[1].splitlines()[1].strip()
    (was,), (now,) = json.loads(shown)["data"], answer.json()["data"]
    assert was.keys() == now.keys()
    assert was["week"] == now["week"] == "2026-08-10"
    assert int(now["total_deal_size"]) > 0


@pytest.mark.parametrize(
    ("first_word", "paths"),
    [("Dagster UI", [""]), ("query layer", ["/docs", "/pages", "/metrics"])],
)
def test_every_address_of_the_summary_answers(
    demo: Demo, first_word: str, paths: list[str]
) -> None:
    lines = [line for line in demo.first.text.splitlines() if line.startswith(first_word)]
    urls = re.findall(r"http://127\.0\.0\.1:\d+\S*", lines[-1])
    assert [httpx.URL(url).path.rstrip("/") for url in urls] == paths
    assert [httpx.get(url, timeout=30).status_code for url in urls] == [200] * len(urls)


def test_the_summary_ends_with_five_things_to_try_next(demo: Demo) -> None:
    tail = demo.first.text.split("Try next")[1]
    assert re.findall(r"^  (\d)\. (cdp|open|docs)", tail, re.M) == [
        ("1", "cdp"),
        ("2", "cdp"),
        ("3", "open"),
        ("4", "cdp"),
        ("5", "docs"),
    ]
    page = re.search(r"(docs/\S+\.md)", tail)
    assert page is not None
    assert (demo.clone / page[1]).is_file()


def test_status_after_the_demo_names_what_the_late_deals_touched(demo: Demo) -> None:
    assert demo.status.code == 0
    due = [line for line in demo.status.text.splitlines() if line.startswith("stale ")]
    assert re.fullmatch(r"stale +filplus/unified_verified_deal_hourly: \d+ changed", due[0])
    pieces = r"stale +intermediate/client_provider_piece_weekly: \d changed"
    assert [line for line in due if re.fullmatch(pieces, line)]


def test_a_second_demo_brings_up_to_date_what_is_there_for_less_than_30_cpu_seconds(
    second: Finished,
) -> None:
    assert second.code == 0, second.text
    assert "Everything was there and is up to date." in second.text
    assert NOISE.findall(second.text) == []
    assert second.cpu_seconds < 30


def test_after_a_second_demo_nothing_is_due(demo: Demo, second: Finished) -> None:
    assert second.code == 0
    lines = cdp(demo.environment, "status", "--stale").text.splitlines()
    assert [line for line in lines if line.startswith("stale ")] == ["stale        nothing"]


def test_the_clone_is_clean_after_the_demo(demo: Demo) -> None:
    assert changes_of(demo.clone) == ""


def test_postgres_runs_though_its_user_may_not_enter_the_clone(demo: Demo) -> None:
    assert demo.clone.stat().st_mode & 0o777 == 0o700
    record = json.loads((demo.state / "postgres.json").read_text())
    is_root = os.geteuid() == 0
    for part in ("binaries", "data"):
        assert Path(record[part]).is_relative_to(demo.clone) is not is_root


def test_no_process_of_the_demo_asked_for_anything_beyond_loopback(demo: Demo) -> None:
    assert demo.first.code == 0
    assert not outside_log(demo.clone).exists(), outside_log(demo.clone).read_text()


def test_the_guard_of_these_tests_would_have_seen_a_connection_outward(
    private_clone: Path, tmp_path: Path
) -> None:
    guard = (packages_of(private_clone) / "sitecustomize.py").read_text()
    log = tmp_path / "outside.log"
    (tmp_path / "sitecustomize.py").write_text(
        guard.replace(str(outside_log(private_clone)), str(log))
    )
    code = "import socket; socket.create_connection(('192.0.2.1', 443), 5)"
    done = run([sys.executable, "-c", code], {**os.environ, "PYTHONPATH": str(tmp_path)})
    assert done.code == 1
    assert "the tests refuse a connection to 192.0.2.1" in done.text
    assert log.read_text().startswith("socket.")
