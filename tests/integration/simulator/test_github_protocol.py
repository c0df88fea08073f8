"""The simulated GitHub: its protocol, and the repositories of a simulated source database."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from cdp_assets.filplus.registry.rules import bookkeeping_repository
from resources.sources.github_contents import blob_sha
from simulator.github.archives import REGISTRY
from simulator.github.registry_files import registry_repositories
from simulator.server.http_server import SimulatorServer
from tests.integration.simulator.conftest import AS_OF, Connection


@pytest.fixture
def github(simulator: SimulatorServer) -> Iterator[httpx.Client]:
    """A client of a GitHub with one repository, ``o/r``."""
    simulator.world.github.forget()
    simulator.world.github.serve({"o/r": {"a/x.json": b"{}", "a/b c.json": b"[]", "a/d/y": b""}})
    with httpx.Client(base_url=f"{simulator.url}/github") as client:
        yield client
    simulator.world.github.forget()


def test_a_folder_lists_files_and_folders_in_order(github: httpx.Client) -> None:
    entries = github.get("/repos/o/r/contents/a").json()
    assert [(e["name"], e["type"]) for e in entries] == [
        ("b c.json", "file"),
        ("d", "dir"),
        ("x.json", "file"),
    ]
    assert entries[2]["sha"] == blob_sha(b"{}")


def test_a_file_holds_its_content_in_base64(github: httpx.Client) -> None:
    file = github.get("/repos/o/r/contents/a/b%20c.json").json()
    assert base64.b64decode(file["content"]) == b"[]"
    assert (file["encoding"], file["sha"]) == ("base64", blob_sha(b"[]"))


def test_an_unchanged_answer_is_a_304_and_costs_no_quota(
    github: httpx.Client, simulator: SimulatorServer
) -> None:
    simulator.world.github.limit(10, AS_OF + timedelta(hours=1))
    first = github.get("/repos/o/r/contents/a")
    again = github.get("/repos/o/r/contents/a", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-ratelimit-remaining"] == "9"
    simulator.world.github.put("o/r", "a/new.json", b"")
    changed = github.get("/repos/o/r/contents/a", headers={"if-none-match": first.headers["etag"]})
    assert (changed.status_code, len(changed.json())) == (200, 4)


def test_a_used_up_quota_is_a_403_that_says_so(
    github: httpx.Client, simulator: SimulatorServer
) -> None:
    reset = AS_OF + timedelta(hours=1)
    simulator.world.github.limit(0, reset)
    refused = github.get("/repos/o/r/contents/a")
    assert (refused.status_code, refused.headers["x-ratelimit-remaining"]) == (403, "0")
    assert refused.headers["x-ratelimit-reset"] == str(int(reset.timestamp()))


def test_a_token_has_the_larger_quota(github: httpx.Client) -> None:
    limits = [
        github.get("/repos/o/r", headers=headers).headers["x-ratelimit-limit"]
        for headers in ({}, {"authorization": "Bearer t"})
    ]
    assert limits == ["60", "5000"]


@pytest.mark.parametrize("path", ["/repos/o/none", "/repos/o/r/contents/none", "/repos/x/r"])
def test_what_is_not_there_is_a_404(github: httpx.Client, path: str) -> None:
    assert github.get(path).status_code == 404


def test_a_moved_repository_redirects(github: httpx.Client, simulator: SimulatorServer) -> None:
    simulator.world.github.move("o/r", "p/s")
    moved = github.get("/repos/o/r/contents/a")
    assert moved.status_code == 301
    assert moved.headers["location"] == f"{simulator.url}/github/repos/p/s/contents/a"
    assert github.get(moved.headers["location"]).status_code == 200


def _registered(repositories: dict[str, dict[str, bytes]]) -> dict[str, Any]:
    return {
        path: json.loads(content)
        for path, content in repositories[REGISTRY].items()
        if path.startswith("Allocators/") and path.endswith(".json") and "SPEC" not in path
    }


def test_the_generated_registry_holds_the_allocators_of_the_source(dmob: Connection) -> None:
    entries = _registered(registry_repositories(dmob))
    addresses = dict(dmob.execute('select "address", "addressId" from verifier').fetchall())
    known = [e for e in entries.values() if isinstance(e, dict) and e["address"]]
    assert len(known) > 30
    for entry in known:
        assert entry["allocator_id"] in (None, addresses[entry["address"]])


def test_the_generated_applications_are_of_the_clients_of_their_allocator(
    dmob: Connection,
) -> None:
    repositories = registry_repositories(dmob)
    clients = dict(dmob.execute('select "address", "addressId" from verified_client').fetchall())
    found = 0
    for files in (files for name, files in repositories.items() if name != REGISTRY):
        for path, content in files.items():
            if path.startswith("applications/") and "without" not in path:
                found += json.loads(content)["ID"] in clients
    assert found > 60


def test_the_generated_files_hold_all_the_dirt_that_the_real_ones_do(dmob: Connection) -> None:
    repositories = registry_repositories(dmob)
    entries = _registered(repositories)
    objects = [entry for entry in entries.values() if isinstance(entry, dict)]
    applications = [entry["application"] for entry in objects if "application" in entry]
    urls = [one["allocation_bookkeeping"] for one in applications]
    outcomes = Counter(a["outcome"] for e in objects for a in e.get("audits", []))
    amounts = {type(a["datacap_amount"]) for e in objects for a in e.get("audits", [])}
    assert any(isinstance(entry, list) for entry in entries.values())
    assert any(" " in path for path in entries)
    assert any(entry["allocator_id"] is None for entry in objects)
    assert amounts == {int, float, str}
    assert {"GRANTED", "REJECTED", "PENDING", "UNKNOWN", "DOUBLED", "THROTTLED"} <= set(outcomes)
    assert any(bookkeeping_repository(url) is None for url in urls)
    assert any(bookkeeping_repository(url) not in repositories for url in urls)
    sizes = [
        json.loads(content)["Datacap"]["Total Requested Amount"]
        for name, files in repositories.items()
        if name != REGISTRY
        for path, content in files.items()
        if path.startswith("applications/") and "without" not in path
    ]
    assert any(size.startswith("-") or "about" in size or not size for size in sizes)
    assert any(size.endswith(" PiB") for size in sizes)
    assert any(size.endswith("TiB") and " " not in size for size in sizes)


def test_the_server_generates_from_the_source_that_it_is_given(dmob: Connection) -> None:
    info = dmob.info
    address = f"postgresql://{info.user}:{info.password}@{info.host}:{info.port}/{info.dbname}"
    start = datetime.fromisoformat(AS_OF.isoformat())
    with SimulatorServer(seed=11, as_of=start, dmob=address) as server:
        listing = httpx.get(f"{server.url}/github/repos/{REGISTRY}/contents/Allocators").json()
    assert len(listing) == len(_registered(registry_repositories(dmob))) + 1
