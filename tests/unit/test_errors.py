"""Errors: what failed, for which key, why, what to do; only transient ones may be tried again."""

from __future__ import annotations

import dagster as dg
import psycopg
import pytest
from dagster._utils.error import serializable_error_info_from_exc_info
from psycopg import errors as database

from cdp_assets import errors
from cdp_assets.core.runs.run_failures import as_dagster_failure, as_dagster_failures


def test_an_error_names_key_cause_and_what_to_do() -> None:
    error = errors.MissingUpstream("two hours are missing", key="2024-03-04", hint="refresh them")
    assert str(error) == "2024-03-04: two hours are missing. Hint: refresh them"


@pytest.mark.parametrize(
    ("error", "may_be_retried"),
    [
        (errors.BadConfiguration("x"), False),
        (errors.InvalidSourceResponse("x"), False),
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
    failure = as_dagster_failure(errors.InvalidSourceResponse("odd", key="f01", hint="look at f01"))
    assert {"cause", "key", "hint"} == set(failure.metadata)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.BadConfiguration("no URL", key="CDP_X", hint="set it"), "set it"),
        (
            errors.InvalidSourceResponse("a text instead of a number", key="f01"),
            "launch the run again",
        ),
        (errors.MissingUpstream("two hours are missing"), "launch the run again"),
        (errors.SourceUnavailable("no response"), "`cdp status`"),
        (database.LockNotAvailable("canceling statement due to lock timeout"), "another run"),
        (database.QueryCanceled("statement timeout"), "shorter range"),
        (database.DiskFull("could not extend file"), "free space"),
        (database.UndefinedTable("relation does not exist"), "cdp migrate"),
        (database.InsufficientPrivilege("permission denied"), "cdp migrate"),
        (database.UniqueViolation("duplicate key"), "look at the key"),
        (psycopg.OperationalError("server closed the connection"), "cdp status"),
        (PermissionError("state folder"), "cdp doctor"),
        (MemoryError("too much"), "shorter range"),
        (KeyError("provider"), "a defect of ours"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_kind_of_error_reaches_the_run_with_cause_and_what_to_do(
    error: Exception, words: str
) -> None:
    with pytest.raises(dg.Failure) as caught, as_dagster_failures():
        raise error
    labels = {label: str(value.value) for label, value in caught.value.metadata.items()}
    assert str(error.args[0]) in labels["cause"]
    assert words in labels["hint"]


@pytest.mark.parametrize("kind", [errors.InvalidSourceResponse, KeyError])
def test_a_run_says_the_sentence_once_with_the_stack_of_the_error(kind: type[Exception]) -> None:
    with pytest.raises(dg.Failure) as caught, as_dagster_failures():
        _raise(kind)
    shown = serializable_error_info_from_exc_info(caught._excinfo)
    assert shown.to_string().count("nobody was at home") == 1
    assert "in _raise" in shown.stack[-1]


def test_what_an_error_was_raised_of_is_shown_beneath_it() -> None:
    with pytest.raises(dg.Failure) as caught, as_dagster_failures():
        _raise_from(is_hidden=False)
    shown = serializable_error_info_from_exc_info(caught._excinfo)
    assert shown.cause is not None
    assert shown.cause.cls_name == "ConnectionError"
    assert "in _raise" in shown.cause.stack[-1]
    assert shown.message.count("the node is silent") == 1
    assert "the node is silent" not in shown.cause.message


def test_what_an_error_hides_stays_hidden() -> None:
    with pytest.raises(dg.Failure) as caught, as_dagster_failures():
        _raise_from(is_hidden=True)
    assert "at home" not in serializable_error_info_from_exc_info(caught._excinfo).to_string()


def _raise_from(*, is_hidden: bool) -> None:
    try:
        _raise(ConnectionError)
    except ConnectionError as error:
        raise errors.SourceUnavailable("the node is silent") from None if is_hidden else error


def _raise(kind: type[Exception]) -> None:
    said = "nobody was " + "at home"  # in two parts: a stack shows the lines of the code
    raise kind(said)
