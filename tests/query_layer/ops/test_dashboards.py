"""Alert rules and dashboards: every query names metrics and labels that a scrape has."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from query_layer.ops.metrics import METRICS
from tests.query_layer.client import Client

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
RULES = yaml.safe_load((DEPLOY / "alerts.yaml").read_text(encoding="utf-8"))
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in (DEPLOY / "grafana").glob("*")}
QUERIES = {
    **{f"alert {name}": rule["expr"] for name, rule in ALERTS.items()},
    **{
        f"{name}: {panel['title']} {target['refId']}": target["expr"]
        for name, board in DASHBOARDS.items()
        for panel in board["panels"]
        for target in panel["targets"]
    },
}
FUNCTIONS = {"sum", "rate", "increase", "histogram_quantile", "absent", "topk", "count"}
_WORDS = {"by", "and", "or", "without"}
_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"[^\"]*\")|(?P<span>\[\d+[smhd]\])|(?P<number>\d+(\.\d+)?)"
    r"|(?P<name>[a-z_][a-z0-9_]*)|(?P<sign>[<>=!]=|[=!]~|[-+*/<>=(){},]))"
)
_SUFFIXES = ("_bucket", "_sum", "_count")
LABELS = {metric.name: {*metric.labels} for metric in METRICS}
for _metric in METRICS:
    if _metric.kind == "histogram":
        LABELS |= {_metric.name + suffix: {*_metric.labels, "le"} for suffix in _SUFFIXES}


def tokens(query: str) -> list[tuple[str, str]]:
    """Return kind and text of each token; a character that belongs to none is a failure."""
    found, position = [], 0
    while position < len(query.rstrip()):
        match = _TOKEN.match(query, position)
        assert match is not None, query[position:]
        kind = match.lastgroup if match["number"] is None else "number"
        found.append((str(kind), match[str(kind)]))
        position = match.end()
    return found


def used(query: str) -> tuple[set[str], set[str]]:
    """Return the metrics and the labels of a query."""
    metrics, labels, closing = set(), set(), []
    found = [*tokens(query), ("end", "")]
    grouped = False
    for (kind, text), (_, after) in zip(found, found[1:], strict=False):
        if text in "({" and kind == "sign":
            closing.append((")" if text == "(" else "}", grouped or text == "{"))
            grouped = False
        elif text in ")}" and kind == "sign":
            assert closing.pop()[0] == text, "a bracket is not closed"
        elif kind == "name" and text in _WORDS:
            grouped = text in ("by", "without")
        elif kind == "name" and closing and closing[-1][1]:
            labels.add(text)
        elif kind == "name" and text in FUNCTIONS:
            assert after in ("(", "by"), text
        elif kind == "name":
            metrics.add(text)
    assert closing == []
    return metrics, labels


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_query_names_metrics_and_labels_that_exist(query: str) -> None:
    metrics, labels = used(query)
    assert metrics, query
    assert metrics <= set(LABELS)
    assert labels <= set().union(*(LABELS[name] for name in metrics))


@pytest.mark.anyio
async def test_what_the_queries_name_is_in_a_scrape(client: Client) -> None:
    await client.rows()
    text = (await client.http.get("http://query.test:8001/metrics")).text
    exposed = {m for m in LABELS if re.search(rf"^(# TYPE )?{m}[ {{]", text, re.MULTILINE)}
    named = set().union(*(used(query)[0] for query in QUERIES.values()))
    assert named <= exposed


def test_there_are_three_dashboards_and_the_alerts_of_both_pages() -> None:
    assert set(DASHBOARDS) == {"query-layer", "data", "orchestrator"}
    for board in DASHBOARDS.values():
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"]) == 8
    texts = {name: " ".join(rule["expr"].split()) for name, rule in ALERTS.items()}
    assert texts["QueryLayerErrors"].endswith("> 0.05")
    assert texts["QueryLayerSlow"].endswith("> 0.3")
    assert texts["IngestionLags"] == "ingestion_lag_periods >= 5"
    assert texts["CircuitOpen"] == "provider_circuit_state == 2"
    for name, minutes in (
        ("QueryLayerErrors", "5m"),
        ("QueryLayerSlow", "5m"),
        ("QueryLayerPoolSaturated", "1m"),
        ("QueryLayerWithoutTraffic", "10m"),
    ):
        assert ALERTS[name]["for"] == minutes
    for rule in ALERTS.values():
        assert rule["annotations"].keys() == {"summary", "hint"}
        assert rule["labels"]["severity"] in ("page", "warn")
