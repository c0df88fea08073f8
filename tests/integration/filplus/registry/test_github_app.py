"""Landing as a GitHub app: tokens by repository, their end, and repositories without the app."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from cdp_assets.clock import wall_clock
from cdp_assets.errors import PermanentFailure, TransientFailure
from cdp_assets.filplus.registry.github_source import github_contents
from cdp_assets.settings import get_settings, publish_environment
from simulator.github.app import AppAccess
from simulator.github.archives import REGISTRY
from simulator.server.faults import FaultRule
from tests.integration.filplus.registry.conftest import AS_OF, TOKEN, Registries
from tests.integration.filplus.registry.test_bookkeeping_landing import KEYS, allocator, application

APP_ID = "4711"
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
INSTALLED = {REGISTRY: 10, "o/one": 11, "o/two": 12}
TABLE = "allocator_client_bookkeeping"
CHUNK = 40  # characters of the key that no text may hold


def private_pem(key: rsa.RSAPrivateKey) -> str:
    how = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key.private_bytes(*how).decode()


@pytest.fixture
def apps(registries: Registries) -> Iterator[Registries]:
    """A GitHub that lets only our app read, at the real time; one allocator per repository."""
    clock = registries.simulator.world.clock
    clock.set(wall_clock())
    registries.github.serve(
        {
            REGISTRY: {
                "Allocators/a.json": allocator(1, "https://github.com/o/one"),
                "Allocators/b.json": allocator(2, "https://github.com/o/two"),
            },
            "o/one": {"applications/x.json": application(100)},
            "o/two": {"applications/y.json": application(101)},
        }
    )
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    registries.github.require_app(APP_ID, public.decode(), INSTALLED)
    registries.write_clients([("f0100", "f1100"), ("f0101", "f1101")])
    publish_environment(
        {
            "CDP_GITHUB_TOKEN": "",
            "CDP_GITHUB_APP_ID": APP_ID,
            "CDP_GITHUB_APP_PRIVATE_KEY": private_pem(KEY).replace("\n", "\\n"),
        }
    )
    yield registries
    registries.github.forget()
    clock.set(AS_OF)


def access(apps: Registries) -> AppAccess:
    assert apps.github.app is not None
    return apps.github.app


def asked(apps: Registries, part: str) -> int:
    return sum(count for path, count in apps.journal.paths.items() if part in path)


def test_registry_and_bookkeeping_land_through_the_app(apps: Registries) -> None:
    assert len(apps.land().rows) == 2
    apps.land_bookkeeping()
    assert apps.rows(KEYS) == [("f01", "f0100"), ("f02", "f0101")]
    assert apps.issues(TABLE) == set()
    health = "select ok, quota_left from ops.source_health where source = 'github'"
    assert apps.rows(health) == [(True, 5_000)]


def test_a_run_with_a_new_token_asks_for_no_known_file_and_changes_nothing(
    apps: Registries,
) -> None:
    counts = (
        "select (select count(*) from raw_github.responses), "
        "(select version from ops.asset_version where asset_key = 'filplus/allocator_registry')"
    )
    apps.land()
    before = apps.rows(counts)
    apps.journal.clear()
    apps.land()
    assert (asked(apps, "access_tokens"), asked(apps, "/contents/")) == (1, 1)
    assert apps.rows(counts) == before


def test_the_key_may_be_a_file(apps: Registries, tmp_path: Path) -> None:
    file = tmp_path / "app.pem"
    file.write_text(private_pem(KEY))
    publish_environment(
        {"CDP_GITHUB_APP_PRIVATE_KEY": "", "CDP_GITHUB_APP_PRIVATE_KEY_FILE": str(file)}
    )
    assert len(apps.land().rows) == 2


def test_a_moved_repository_is_read_where_it_went_with_the_token_of_the_new_place(
    apps: Registries,
) -> None:
    apps.github.move(REGISTRY, "new-owner/Registry")
    assert len(apps.land().rows) == 2


def test_a_token_is_renewed_before_its_end_and_when_it_is_revoked(apps: Registries) -> None:
    clock = apps.simulator.world.clock
    with github_contents(get_settings(), apps.warehouse, lambda: clock.now) as github:
        for tokens, minutes in ((1, 0), (1, 54), (2, 2), (3, 180)):
            clock.set(clock.now + timedelta(minutes=minutes))
            assert github.read_file("o/one", "applications/x.json").usable().http_status == 200
            assert asked(apps, "access_tokens") == tokens
        access(apps).revoke()
        outcome = github.read_file("o/one", "applications/x.json")
    assert [answer.http_status for answer in outcome.responses] == [401, 200]
    assert asked(apps, "access_tokens") == 4


def test_a_clock_that_stands_still_is_named_among_what_may_be_wrong(apps: Registries) -> None:
    clock = apps.simulator.world.clock
    stopped = clock.now
    with github_contents(get_settings(), apps.warehouse, lambda: stopped) as github:
        github.read_file("o/one", "applications/x.json").usable()
        clock.set(stopped + timedelta(hours=1))
        late = github.read_file("o/one", "applications/x.json")
    assert late.failure is not None
    assert "does not accept the app's signature" in late.failure.message
    assert "machine's clock" in str(late.failure)


def test_a_personal_token_goes_before_the_app(apps: Registries) -> None:
    publish_environment({"CDP_GITHUB_TOKEN": TOKEN})
    with pytest.raises(PermanentFailure, match="returned 401"):
        apps.land()
    assert asked(apps, "/installation") == 0
    apps.github.app = None
    assert len(apps.land().rows) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(
            {"CDP_GITHUB_APP_PRIVATE_KEY": private_pem(rsa.generate_private_key(65_537, 2048))},
            id="another key",
        ),
        pytest.param({"CDP_GITHUB_APP_ID": "4712"}, id="another app"),
    ],
)
def test_a_wrong_app_is_refused_for_good_with_what_is_wrong(
    apps: Registries, wrong: dict[str, str]
) -> None:
    publish_environment(wrong)
    with pytest.raises(PermanentFailure, match="does not accept the app's signature") as caught:
        apps.land()
    assert "the app's id or private key is wrong" in str(caught.value)
    assert asked(apps, "/installation") == 1
    health = "select ok, error_message like '%%returned 401%%' from ops.source_health"
    assert apps.rows(health) == [(False, True)]


def test_a_repository_without_the_app_is_listed_and_the_others_are_stored(
    apps: Registries,
) -> None:
    apps.land()
    apps.land_bookkeeping()
    access(apps).uninstall("o/one")
    apps.github.put("o/one", "applications/z.json", application(101))
    apps.github.put("o/two", "applications/z.json", application(100))
    apps.land_bookkeeping()
    assert apps.rows(KEYS) == [("f01", "f0100"), ("f02", "f0100"), ("f02", "f0101")]
    assert apps.rows("select location, reason, effect, detail from ops.registry_issues") == [
        (
            "o/one",
            "not_read",
            "kept_previous",
            "it could not be listed: the app is not installed on o/one",
        ),
    ]


def test_where_the_app_is_installed_nowhere_the_landing_says_so(apps: Registries) -> None:
    for repository in INSTALLED:
        access(apps).uninstall(repository)
    with pytest.raises(PermanentFailure, match=f"the app is not installed on {REGISTRY}"):
        apps.land()


def test_a_sign_in_that_fails_for_a_moment_is_tried_again(apps: Registries) -> None:
    rules = apps.simulator.world.faults.rules
    rules += [FaultRule("status", path=path, times=1) for path in ("installation", "access_tokens")]
    assert len(apps.land().rows) == 2
    rules.append(FaultRule("status", path="access_tokens", status=429))
    with pytest.raises(TransientFailure, match="returned 429"):
        apps.land()


def test_quota_of_the_installation_reaches_the_health_of_the_source(apps: Registries) -> None:
    reset = (wall_clock() + timedelta(hours=2)).replace(microsecond=0)
    apps.github.limit(4_000, reset)
    apps.land()
    health = "select ok, quota_left, quota_resets_at from ops.source_health where source = 'github'"
    # lookup, token, listing and two files
    assert apps.rows(health) == [(True, 3_995, reset.astimezone(UTC))]


def test_no_row_error_or_log_line_holds_the_key_or_a_token(
    apps: Registries, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    apps.land()
    apps.land_bookkeeping()
    fault = FaultRule("status", path="/contents/", status=401, message="bad ghs_simulated10x3")
    apps.simulator.world.faults.rules.append(fault)
    with pytest.raises(PermanentFailure) as caught:
        apps.land()
    tables = ("raw_github.responses", "ops.source_health", "ops.registry_issues", "ops.runs")
    texts = [str(caught.value), repr(caught.value), caplog.text, repr(get_settings())]
    for table in tables:
        texts += [str(row) for row in apps.rows(f"select t::text from {table} t")]
    texts.append(json.dumps(get_settings().model_dump(mode="json"), default=str))
    body = private_pem(KEY).splitlines()[1][:CHUNK]
    secrets = ("ghs_simulated10x1", "ghs_simulated11x2", "eyJ", body)
    found = [(secret, text[:200]) for text in texts for secret in secrets if secret in text]
    assert found == []
