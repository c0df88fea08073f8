"""GitHub's contents API as bytes: what is a listing, what is a file, what is neither."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from cdp_assets.errors import CdpError, InvalidSourceResponse, PermanentFailure
from resources.http.http_client import HttpClient, RequestResult
from resources.http.retry import RetryPolicy
from resources.sources.github_contents import (
    GitHubContents,
    ListedFile,
    blob_sha,
    is_cut,
    read_file,
    read_listing,
    read_tree,
)

CONTENT = '{"name": "数据"}\n'.encode()


def entry(name: str, kind: str = "file") -> dict[str, Any]:
    return {"name": name, "path": f"a/{name}", "sha": "5" * 40, "type": kind, "size": 1}


def file(**changed: object) -> dict[str, Any]:
    encoded = base64.encodebytes(CONTENT).decode()
    whole = {"content": encoded, "encoding": "base64", "sha": blob_sha(CONTENT)}
    return {**entry("x.json"), **whole, **changed}


def body(document: object) -> bytes:
    return json.dumps(document).encode()


def asked(
    response: httpx.Response, *, etag: str | None = None
) -> tuple[RequestResult, httpx.Request]:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return response

    http = HttpClient(
        "github",
        "https://api.test",
        policy=RetryPolicy(tries=2, sleep=lambda _: None),
        transport=httpx.MockTransport(answer),
    )
    return GitHubContents(http).list_directory("o/r", "a b/c%d", etag), requests[0]


def test_a_blob_is_named_as_git_names_it() -> None:
    assert blob_sha(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert blob_sha(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_a_listing_holds_its_files_in_the_order_of_their_bytes() -> None:
    listing = body([entry("b.json"), entry("dir", "dir"), entry("B.json"), entry("a b.json")])
    assert [f.name for f in read_listing(listing)] == ["B.json", "a b.json", "b.json"]
    assert read_listing(body([entry("x")])) == [ListedFile("x", "a/x", "5" * 40)]


def test_a_listing_of_a_thousand_entries_may_be_cut() -> None:
    assert is_cut(body([entry(f"{n}.json") for n in range(1_000)]))
    assert not is_cut(body([entry(f"{n}.json") for n in range(999)]))


def test_a_tree_holds_its_files_and_says_whether_they_are_all() -> None:
    entries = [
        {"path": "b.json", "type": "blob", "sha": "2"},
        {"path": "d", "type": "tree", "sha": "3"},
        {"path": "a.json", "type": "blob", "sha": "1"},
    ]
    files, is_whole = read_tree(body({"tree": entries, "truncated": False}), "x")
    assert files == [ListedFile("a.json", "x/a.json", "1"), ListedFile("b.json", "x/b.json", "2")]
    assert is_whole
    assert read_tree(body({"tree": [], "truncated": True}), "x") == ([], False)


@pytest.mark.parametrize("document", [[], {}, {"tree": [1]}, {"tree": [{"path": "a"}]}])
def test_another_answer_is_no_tree(document: object) -> None:
    with pytest.raises(InvalidSourceResponse, match="no tree"):
        read_tree(body(document), "x")


def test_a_file_is_decoded_from_its_lines() -> None:
    assert read_file(body(file())).body == CONTENT


@pytest.mark.parametrize(
    ("document", "kind", "words"),
    [
        (file(encoding="none", content=""), PermanentFailure, "no content"),
        ([entry("x")], PermanentFailure, "no file"),
        (file(type="symlink"), PermanentFailure, "no file"),
        (file(content="%%%"), InvalidSourceResponse, "not base64"),
        (file(sha="0" * 40), InvalidSourceResponse, "not what its sha says"),
    ],
)
def test_an_answer_that_holds_no_content_is_refused(
    document: object, kind: type[CdpError], words: str
) -> None:
    with pytest.raises(kind, match=words):
        read_file(body(document))


@pytest.mark.parametrize("entries", [["x"], [{"type": "file", "name": "x"}], [entry("")]])
def test_a_listing_without_names_is_refused(entries: object) -> None:
    with pytest.raises(InvalidSourceResponse):
        read_listing(body(entries))


def test_a_question_names_the_version_and_the_known_content() -> None:
    outcome, request = asked(httpx.Response(200, json=[], headers={"etag": '"new"'}), etag='"old"')
    assert request.headers["x-github-api-version"] == "2022-11-28"
    assert request.headers["if-none-match"] == '"old"'
    assert request.url.raw_path == b"/repos/o/r/contents/a%20b/c%25d"
    assert outcome.usable().etag == '"new"'


@pytest.mark.parametrize("status", [304, 404])
def test_unchanged_and_absent_are_answers(status: int) -> None:
    content = b"" if status == 304 else b'{"message": "Not Found"}'
    outcome, _ = asked(httpx.Response(status, content=content))
    assert outcome.usable().http_status == status


def test_a_path_that_is_a_file_is_not_tried_again() -> None:
    outcome, _ = asked(httpx.Response(200, json=file()))
    assert isinstance(outcome.failure, PermanentFailure)
    assert len(outcome.responses) == 1


def test_a_cut_answer_is_tried_again_and_then_refused() -> None:
    outcome, _ = asked(httpx.Response(200, content=b'[{"type": "file"'))
    assert outcome.failure is not None
    assert [answer.is_complete for answer in outcome.responses] == [False, False]
