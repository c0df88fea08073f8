"""The part validators of the bench, small: its world computes; unchanged it writes nothing."""

from __future__ import annotations

from bench.recomputation import measure
from cdp_assets.settings import publish_environment
from resources.postgres.embedded_postgres import EmbeddedServer


def test_a_small_recomputation_is_measured(server: EmbeddedServer, migrated_template: str) -> None:
    publish_environment({"CDP_AS_OF": "2026-03-02T12:00:00+00:00"})
    found = measure(
        server.dsn("postgres"), migrated_template, periods=2, validators=20, agreements=4
    )
    assert found["lines"] == 2 * 4 * 10
    assert found["first"]["versions"] == {
        "canonical_client_stakes": 80,
        "validator_pnl": 40,
        "partner_commission_lines": 80,
    }
    assert (found["restated"]["outcome"], found["unchanged"]["outcome"]) == ("CHANGED", "UNCHANGED")
