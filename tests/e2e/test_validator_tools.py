"""The tools for validators, each as a person calls it, on the demo: all only read (issue C, Tools).

What each of them finds wrong is tested where its work is: ``tests/integration/validators``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import psycopg
import pytest

from resources.postgres.embedded_postgres import EmbeddedServer
from tests.e2e.conftest import Demo
from tests.e2e.demo_run import cdp

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

_ORDER = (
    "agreement version: ", "rule: ", "base: ", "rate: ", "raw amount, rounded down once: ",
    "floor of the rule adds: ", "cap of the rule takes: ", "amount before an override: ",
    "override: ", "final amount: ", "P&L of ", "canonical_validator_fees: ", "  payload ",
)  # fmt: skip
_TERMS = """
rules:
  - {rule_id: r1, method: FIXED_SHARE, component: EXEC_FEES, rate_bps: RATE}
"""


def _one(demo: Demo, statement: str) -> str:
    server = EmbeddedServer(**json.loads((demo.state / "postgres.json").read_text()))
    with psycopg.connect(server.dsn("warehouse")) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["verify-integrity"], "ok   content hashes of partner_commission_lines: "),
        (["replay"], "ok   canonical_stake_rewards of ethereum-mainnet is rebuilt from staging"),
        (["verify-audit"], " entries verified, newest "),
        (["doctor", "--sources"], "ok   ethereum-mainnet mev_relay"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_verification_of_the_demo_passes(demo: Demo, command: list[str], said: str) -> None:
    done = cdp(demo.environment, *command)
    assert done.code == 0, done.text
    assert said in done.text
    assert "BAD" not in done.text


def test_a_line_is_explained_down_to_its_payloads(demo: Demo) -> None:
    line = _one(
        demo,
        "select line_id from validators.partner_commission_lines where is_current "
        "and line_kind = 'ATTRIBUTION' and revenue_component = 'EXEC_FEES' "
        "and attribution_method = 'FIXED_SHARE' and final_amount_native > 0 order by 1 limit 1",
    )
    done = cdp(demo.environment, "explain", line)
    assert done.code == 0, done.text
    lines = done.text.splitlines()
    places = [next((n for n, one in enumerate(lines) if one.startswith(s)), -1) for s in _ORDER]
    assert -1 not in places
    assert places == sorted(places), done.text
    assert re.search(r"^  payload [0-9a-f-]{36} \(.*\): \$\S* = \d+$", done.text, re.MULTILINE)


def test_the_released_statement_is_verified(demo: Demo) -> None:
    statement = _one(
        demo,
        "select statement_id from validators.partner_commission_statements "
        "where status = 'RELEASED' order by 1 limit 1",
    )
    done = cdp(demo.environment, "verify-statement", statement)
    assert (done.code, done.text.splitlines()[-1]) == (0, "verified"), done.text
    assert "root of solana-mainnet 2026-07: " in done.text


@pytest.mark.parametrize(("rate", "code"), [("100", 0), ("9900", 1)])
def test_terms_are_tried_over_past_periods(
    demo: Demo, tmp_path: Path, rate: str, code: int
) -> None:
    terms = tmp_path / "terms.yaml"
    terms.write_text(_TERMS.replace("RATE", rate))
    count = "select count(*) from validators.partner_commission_lines"
    before = _one(demo, count)
    periods = ("--chain", "solana-mainnet", "--from", "1004", "--to", "1005")
    done = cdp(demo.environment, "validate-agreement", str(terms), *periods)
    assert done.code == code, done.text
    assert re.search(r"^total of 2 periods: [1-9]\d*$", done.text, re.MULTILINE)
    assert ("OVER_ATTRIBUTION by rate: EXEC_FEES" in done.text) is (code == 1)
    assert done.text.splitlines()[-1] == "nothing was written"
    assert _one(demo, count) == before
