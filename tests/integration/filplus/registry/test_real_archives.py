"""The recorded registry and bookkeeping, served as GitHub would (data README, counts there)."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from cdp_assets.errors import InvalidSourceResponse
from simulator.github.archives import REGISTRY, read_archives
from tests.integration.filplus.registry.conftest import Registries


def _verifiers(shared_data: Path, day: str) -> list[tuple[str, str]]:
    path = shared_data / "filecoin/dmob" / f"verifier_{day}.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [(row["addressId"], row["address"]) for row in csv.DictReader(lines)]


@pytest.fixture
def real(registries: Registries, shared_data: Path) -> Registries:
    """The repositories of 2026-02-01 and the allocators of that day; each applicant is a client."""
    repositories = read_archives(shared_data / "filecoin", "2026-02-01")
    registries.github.serve(repositories)
    registries.write_verifiers(_verifiers(shared_data, "2026-02-01"))
    applicants = sorted(
        {
            path.removeprefix("applications/").removesuffix(".json")
            for files in repositories.values()
            for path in files
            if path.startswith("applications/")
        }
    )
    registries.write_clients([(f"f0{n}", address) for n, address in enumerate(applicants, 9_000)])
    return registries


def test_every_file_of_the_real_registry_makes_a_row(real: Registries) -> None:
    landed = real.land()
    assert (landed.files, len(landed.rows)) == (93, 93)
    counts = Counter(issue.reason for issue in landed.issues)
    assert counts == {"address_differs": 3, "bookkeeping_elsewhere": 2}
    assert real.rows(
        "select data_type, rejected, count(*) from filplus.allocator_registry "
        "group by 1, 2 order by 1, 2"
    ) == [
        ("enterprise", False, 25),
        ("enterprise", True, 1),
        ("openData", False, 65),
        ("openData", True, 2),
    ]


def test_ids_that_the_real_files_do_not_name_come_from_the_source(real: Registries) -> None:
    real.land()
    without = real.rows(
        "select allocator_id from filplus.allocator_registry "
        "where registry_info ->> 'allocator_id' is null"
    )
    assert len(without) == 4
    assert all(allocator.startswith("f0") for (allocator,) in without)


def test_the_real_outcomes_are_those_that_the_specification_maps(real: Registries) -> None:
    real.land()
    found = dict(
        real.rows(
            "select one ->> 'outcome', count(*) from filplus.allocator_registry, "
            "jsonb_array_elements(audits) one group by 1"
        )
    )
    assert found == {
        "notAudited": 92,
        "passed": 139,
        "passedConditionally": 37,
        "pending": 4,
        "failed": 3,
        "unknown": 1,
    }


def test_amounts_in_the_real_files_are_numbers_whether_written_as_text_or_not(
    real: Registries,
) -> None:
    real.land()
    amounts = dict(
        real.rows(
            "select one -> 'datacap_amount_pib', count(*) from filplus.allocator_registry, "
            "jsonb_array_elements(audits) one group by 1"
        )
    )
    assert {type(amount) for amount in amounts} == {int, float, type(None)}
    assert amounts[2.5] >= 1
    assert amounts[50] >= 1


def test_the_real_archive_leaves_out_the_file_with_a_space_in_its_name(real: Registries) -> None:
    landed = real.land_archive()
    assert (landed.files, len(landed.rows)) == (85, 84)
    states = "select rejected, count(*) from filplus.allocator_registry_archive group by 1"
    assert dict(real.rows(states)) == {False: 60, True: 24}
    assert Counter(issue.reason for issue in landed.issues) == {
        "address_differs": 4,
        "bookkeeping_elsewhere": 1,
        "id_is_address": 1,
        "duplicate_id": 1,
    }


def test_the_real_file_with_an_address_as_id_has_its_actor_id(real: Registries) -> None:
    real.land_archive()
    faucet = "f410f7l5mtq7w3m52y4joj4ckkiaaqgireqton3l6joy"
    assert real.rows(
        "select allocator_id, json_path from filplus.allocator_registry_archive "
        "where allocator_address = %s",
        faucet,
    ) == [("f03220716", "Allocator_Archive/76.json")]
    assert {
        (path, reason, effect)
        for path, reason, effect in real.issues("allocator_registry_archive")
        if path.endswith(("/76.json", "/77.json"))
    } == {
        ("Allocator_Archive/76.json", "id_is_address", "recorded"),
        ("Allocator_Archive/77.json", "address_differs", "recorded"),
        ("Allocator_Archive/77.json", "duplicate_id", "skipped"),  # names the id of file 76
    }


@pytest.mark.parametrize(
    ("day", "source", "files", "skipped", "rejected"),
    [
        pytest.param(
            "2024-10-01",
            "2025-09-01",
            81,
            ["no_allocator_id"] * 3,
            10,
            id="when no file named its id",
        ),
        pytest.param(
            "2025-06-01", "2025-09-01", 85, ["duplicate_id"], 22, id="when metaallocators had come"
        ),
    ],
)
def test_the_older_registry_is_read_by_the_old_scheme(
    registries: Registries,
    shared_data: Path,
    day: str,
    source: str,
    files: int,
    skipped: list[str],
    rejected: int,
) -> None:
    """The status decides there (R-4): the files have no audits; ids come from the source.

    Three allocators of 2024 have another address in the source of a year later.
    """
    registries.github.serve(read_archives(shared_data / "filecoin", day))
    registries.write_verifiers(_verifiers(shared_data, source))
    landed = registries.land()
    assert (landed.files, len(landed.rows)) == (files, files - len(skipped))
    assert [issue.reason for issue in landed.issues if issue.effect == "skipped"] == skipped
    found = "select rejected, count(*) from filplus.allocator_registry group by 1"
    assert dict(registries.rows(found)) == {
        False: len(landed.rows) - rejected,
        True: rejected,
    }
    by_status = (
        "select rejected = (registry_info ->> 'status' <> 'Active') from filplus.allocator_registry"
    )
    assert set(registries.rows(by_status)) == {(True,)}


def test_a_registry_folder_of_lists_makes_no_row_and_says_so(
    registries: Registries, shared_data: Path
) -> None:
    """The real folder Allocations holds lists; served as the registry, nothing of it is taken."""
    files = read_archives(shared_data / "filecoin", "2026-02-01")[REGISTRY]
    lists = {
        path.replace("Allocations/", "Allocators/"): content
        for path, content in files.items()
        if path.startswith("Allocations/")
    }
    registries.github.serve({REGISTRY: lists})
    with pytest.raises(InvalidSourceResponse, match="none of 62 files has a row"):
        registries.land()


def test_every_application_of_the_real_repositories_makes_a_row(real: Registries) -> None:
    real.land()
    landed = real.land_bookkeeping()
    assert (landed.files, len(landed.rows)) == (137, 137)
    assert Counter(issue.reason for issue in landed.issues) == {
        "repository_gone": 80,
        "unreadable_providers": 13,  # prose such as "Not sure for now"
    }
    assert real.rows(
        "select is_public_dataset, confirms_open_data, count(*) "
        "from filplus.allocator_client_bookkeeping group by 1, 2 order by 1, 2"
    ) == [(False, False, 18), (True, True, 119)]


def test_every_size_in_the_real_applications_is_read(real: Registries) -> None:
    real.land()
    real.land_bookkeeping()
    assert real.rows(
        "select count(*) from filplus.allocator_client_bookkeeping "
        "where total_requested_amount_bytes is null "
        "or expected_size_of_single_dataset_bytes is null"
    ) == [(0,)]
    sizes = dict(
        real.rows(
            "select bookkeeping_info -> 'Datacap' ->> 'Single Size Dataset', "
            "max(expected_size_of_single_dataset_bytes) "
            "from filplus.allocator_client_bookkeeping group by 1"
        )
    )
    assert sizes["1PiB"] == sizes["1 PiB"] == sizes["1024TiB"] == 2**50
    assert sizes["1.5PiB"] == 3 * 2**49
    assert sizes["400Tib"] == 400 * 2**40


def test_a_client_address_that_the_source_does_not_know_is_listed(
    registries: Registries, shared_data: Path
) -> None:
    registries.github.serve(read_archives(shared_data / "filecoin", "2026-02-01"))
    registries.write_verifiers(_verifiers(shared_data, "2026-02-01"))
    registries.land()
    landed = registries.land_bookkeeping()
    assert landed.rows == []
    assert Counter(i.reason for i in landed.issues)["unknown_client"] == 137


def test_the_second_run_over_unchanged_repositories_asks_for_no_file(real: Registries) -> None:
    first = real.land()
    real.journal.clear()
    second = real.land()
    assert second == first
    assert real.journal.paths.total() == 1  # the listing, answered with 304
