"""Errors: what failed, for which key, why, what to do; only transient ones may be tried again."""

from __future__ import annotations

import pytest

from cdp_assets import errors
from cdp_assets.failures import as_dagster_failure


def test_an_error_names_key_cause_and_what_to_do() -> None:
    error = errors.MissingUpstream("two hours are missing", key="2024-03-04", hint="refresh them")
    assert str(error) == "2024-03-04: two hours are missing What to do: refresh them"


@pytest.mark.parametrize(
    ("error", "may_be_retried"),
    [
        (errors.BadConfiguration("x"), False),
        (errors.BadSourceAnswer("x"), False),
        (errors.MissingUpstream("x"), False),
        (errors.TransientFailure("x"), True),
        (errors.SourceUnavailable("x"), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_transient_failures_may_be_retried(error, may_be_retried: bool) -> None:
    failure = as_dagster_failure(error)
    assert failure.allow_retries is may_be_retried
    assert failure.metadata["cause"].value == "x"


def test_hint_and_key_reach_the_person_who_reads_the_run() -> None:
    failure = as_dagster_failure(errors.BadSourceAnswer("odd", key="f01", hint="look at f01"))
    assert {"cause", "key", "what to do"} == set(failure.metadata)
