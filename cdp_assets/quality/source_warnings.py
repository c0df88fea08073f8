"""Known defects of the landed source: counted as warnings, never a failure.

The real databases and repositories have them (data README, "Real dirt"); the tables are built with
such rows unchanged. Scope: the rules about the landing; not here: rows that no table can hold (the
sync counts those), or files that cannot be read (``ops.registry_issues``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import dagster as dg
import psycopg

from cdp_assets.core.checks.check_results import SAMPLES, check_result, sample_rows
from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.units import counted

_WARN = dg.AssetCheckSeverity.WARN
DEALS: Final = "raw_dmob/unified_verified_deal"


def _of_deals(name: str, meaning: str, condition: str, column: str) -> tuple[SqlCheck, str]:
    """Return a check of landed deals with the condition of a deal that breaks it.

    Args:
        name: Of the check.
        meaning: How a deal should be, and how one that is not is treated.
        condition: Over the columns of a landed deal.
        column: Landed column to show with the id.
    """
    broken = (
        f"select id, {column} from raw_dmob.unified_verified_deal where {condition} order by id"
    )
    return SqlCheck(name, DEALS, meaning, broken, _WARN), condition


# All are counted in one reading of the table.
DEAL_WARNINGS = (
    _of_deals(
        "actor_ids_without_prefix",
        "A deal names client and provider by number. One that is written with f0 is read as the "
        "number (compliance §1.1).",
        "left(_unparsed ->> 'clientId', 2) = 'f0' or left(_unparsed ->> 'providerId', 2) = 'f0'",
        "_unparsed",
    ),
    _of_deals(
        "term_start_not_null",
        "A deal has a start. Without one (removed allocations) it is in no table.",
        "term_start is null",
        "type",
    ),
    _of_deals(
        "term_starts_are_heights",
        "A start is a height, not 4294967295, the largest number of 32 bits, which means none. "
        "Such a deal is in no table.",
        "term_start > 2147483647",
        "term_start",
    ),
    _of_deals(
        "deals_are_in_a_sector",
        "A deal is in a sector. Sector 0 means none and is not counted as sealed "
        "(compliance §3.16).",
        "sector_id = '0'",
        "sector_id",
    ),
    _of_deals(
        "sectors_are_numbers",
        "A sector is a number. Other texts, such as the word null, count as a sector, no value "
        "does not (compliance §3.16).",
        "sector_id !~ '^[0-9]+$'",
        "sector_id",
    ),
    _of_deals(
        "sector_not_null",
        "A deal has a value for its sector. Without one it is not counted as sealed "
        "(compliance §3.16).",
        "sector_id is null",
        "type",
    ),
    _of_deals(
        "deal_types_are_known",
        "A type is one of the eight known ones. No table uses the type.",
        "type is null or type not in ('deal', 'claim', 'claimUpdated', 'claimFromApi', "
        "'claimUpdatedWithoutExistingClaim', 'allocationRemoved', 'claimWithoutAllocation', "
        "'claimInsertAfterRelabel')",
        "type",
    ),
    _of_deals(
        "deals_begin_before_they_are_recorded",
        "A deal is recorded after it begins. Others were recorded when their data was allotted, so "
        "the time of recording is no watermark; landing follows ids and a sweep instead.",
        "started_at > created_at",
        "started_at",
    ),
    _of_deals(
        "deals_are_not_slashed",
        "A deal was not slashed. Slashed ones stay counted, as on the live platform (R-3).",
        "slashed_epoch <> 0",
        "slashed_epoch",
    ),
    _of_deals(
        "deals_are_not_removed",
        "A deal is not marked as removed. Removed ones stay counted, as on the live platform "
        "(R-3).",
        "removed",
        "type",
    ),
)


def evaluate_deals(connection: psycopg.Connection) -> Iterator[dg.AssetCheckResult]:
    """Count every warning of landed deals in one reading, and name the first deals of each."""
    counts = ", ".join(f"count(*) filter (where {condition})" for _, condition in DEAL_WARNINGS)
    statement = f"select count(*), {counts} from raw_dmob.unified_verified_deal"
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    for (check, _), count in zip(DEAL_WARNINGS, row[1:], strict=True):
        samples: list[dict[str, str | None]] = []
        if count:
            limited = f"{check.broken} limit {SAMPLES}"
            samples = sample_rows(connection.execute(limited.encode()))
        words = f"Different: {count:,} of {counted(row[0], 'landed deal')}. " if count else ""
        yield check_result(
            DEALS, check.name, check.meaning, failing_rows=int(count), severity=_WARN,
            found=words + check.meaning, samples=samples, sql=check.broken,
            metadata={"rows": int(row[0])},
        )  # fmt: skip


CHECKS = (
    SqlCheck(
        "initial_allowances_are_the_sum_of_grants",
        "raw_dmob/verifier",
        "An allocator's initial allowance is the sum of its grants, removals among them. Reports "
        "use the grants.",
        """
        select v.address_id, v.initial_allowance, coalesce(g.granted, 0) as granted
        from raw_dmob.verifier v
        left join (
            select address_id, sum(allowance) as granted
            from raw_dmob.verifier_allowance group by address_id
        ) g using (address_id)
        where coalesce(v.initial_allowance, 0) <> coalesce(g.granted, 0)
        order by v.address_id
        """,
        _WARN,
    ),
    SqlCheck(
        "initial_allowances_are_the_sum_of_grants",
        "raw_dmob/verified_client",
        "A client's initial allowance under an allocator is the sum of that allocator's grants to "
        "it. Tables of allocations use the grants.",
        """
        select c.address_id, c.verifier_address_id, c.initial_allowance,
            coalesce(g.granted, 0) as granted
        from raw_dmob.verified_client c
        left join (
            select address_id, verifier_address_id, sum(allowance) as granted
            from raw_dmob.verified_client_allowance group by address_id, verifier_address_id
        ) g using (address_id, verifier_address_id)
        where coalesce(c.initial_allowance, 0) <> coalesce(g.granted, 0)
        order by c.address_id, c.verifier_address_id
        """,
        _WARN,
    ),
    SqlCheck(
        "clients_have_one_allocator",
        "raw_dmob/verified_client",
        "A client has one allocator. filplus.client shows the first of several by id (R-12).",
        """
        select address_id, count(*) as allocators
        from raw_dmob.verified_client
        group by address_id having count(*) > 1
        order by address_id
        """,
        _WARN,
    ),
    SqlCheck(
        "grants_add_datacap",
        "raw_dmob/verifier_allowance",
        "A grant to an allocator is above zero. Negative ones took datacap back; they count in "
        "every sum.",
        """
        select id, address_id, allowance
        from raw_dmob.verifier_allowance where allowance <= 0 order by id
        """,
        _WARN,
    ),
    SqlCheck(
        "addresses_have_one_spelling",
        "raw_dmob/verifier_allowance",
        "An issuing contract is always spelt the same. Two letter cases of one address are "
        "compared without case.",
        """
        select dc_source, count(*) as grants
        from raw_dmob.verifier_allowance
        where lower(dc_source) in (
            select lower(dc_source) from raw_dmob.verifier_allowance
            group by lower(dc_source) having count(distinct dc_source) > 1
        )
        group by dc_source order by lower(dc_source), dc_source collate "C"
        """,
        _WARN,
    ),
    SqlCheck(
        "pathway_types_current",
        "filplus/allocator_registry",
        "A pathway is named and is MDMA, AMA, ORMA, EPMA or RKH.",
        """
        select allocator_id, metapathway_type, json_path
        from filplus.allocator_registry
        where metapathway_type is null
            or metapathway_type not in ('MDMA', 'AMA', 'ORMA', 'EPMA', 'RKH')
        order by allocator_id
        """,
        _WARN,
    ),
    SqlCheck(
        "pathway_types_current",
        "filplus/allocator_registry_archive",
        "A pathway is MDMA, AMA, ORMA, EPMA or RKH; archived files have an older vocabulary.",
        """
        select allocator_id, metapathway_type, json_path
        from filplus.allocator_registry_archive
        where metapathway_type is null
            or metapathway_type not in ('MDMA', 'AMA', 'ORMA', 'EPMA', 'RKH')
        order by allocator_id
        """,
        _WARN,
    ),
    SqlCheck(
        "bookkeeping_is_on_github",
        "filplus/allocator_registry",
        "An allocator has its applications on GitHub. Applications elsewhere are not read "
        "(compliance §2.4).",
        """
        select allocator_id, registry_info #>> '{application,allocation_bookkeeping}' as location
        from filplus.allocator_registry where bookkeeping_repository is null order by allocator_id
        """,
        _WARN,
    ),
    SqlCheck(
        "files_name_their_allocator",
        "filplus/allocator_registry",
        "A registry file names its allocator's id. For others it is looked up by the address.",
        """
        select allocator_id, json_path
        from filplus.allocator_registry
        where coalesce(registry_info ->> 'allocator_id', '') = '' order by allocator_id
        """,
        _WARN,
    ),
    SqlCheck(
        "datacap_amounts_are_numbers",
        "filplus/allocator_registry",
        "The datacap amount of an audit is a number. A number written as text is read as one.",
        """
        select g.allocator_id, a ->> 'datacap_amount' as datacap_amount
        from filplus.allocator_registry g
        cross join lateral jsonb_array_elements(
            case jsonb_typeof(g.registry_info::jsonb -> 'audits')
                when 'array' then g.registry_info::jsonb -> 'audits' else '[]'
            end
        ) a
        where jsonb_typeof(a -> 'datacap_amount') = 'string' order by g.allocator_id
        """,
        _WARN,
    ),
    SqlCheck(
        "addresses_are_of_one_allocator",
        "filplus/allocator_registry_archive",
        "An address belongs to one allocator, in the registry and its archive together; over time "
        "some were used again.",
        """
        select allocator_address, array_agg(distinct allocator_id order by allocator_id) as ids
        from (
            select allocator_id, allocator_address from filplus.allocator_registry
            union all
            select allocator_id, allocator_address from filplus.allocator_registry_archive
        ) files
        group by allocator_address having count(distinct allocator_id) > 1
        order by allocator_address
        """,
        _WARN,
    ),
    SqlCheck(
        "repositories_are_of_one_allocator",
        "filplus/allocator_registry_archive",
        "A bookkeeping repository belongs to one allocator, in the registry and its archive "
        "together.",
        """
        select bookkeeping_repository, array_agg(distinct allocator_id order by allocator_id) as ids
        from (
            select allocator_id, bookkeeping_repository from filplus.allocator_registry
            union all
            select allocator_id, bookkeeping_repository from filplus.allocator_registry_archive
        ) files
        where bookkeeping_repository is not null
        group by bookkeeping_repository having count(distinct allocator_id) > 1
        order by bookkeeping_repository
        """,
        _WARN,
    ),
    SqlCheck(
        "requested_amounts_are_positive",
        "filplus/allocator_client_bookkeeping",
        "An allocation request has a positive amount. A negative one takes datacap back (type "
        "Decrease).",
        """
        select b.allocator_id, b.client_id, r ->> 'Allocation Amount' as amount
        from filplus.allocator_client_bookkeeping b
        cross join lateral jsonb_array_elements(
            case jsonb_typeof(b.bookkeeping_info::jsonb -> 'Allocation Requests')
                when 'array' then b.bookkeeping_info::jsonb -> 'Allocation Requests' else '[]'
            end
        ) r
        where ltrim(r ->> 'Allocation Amount') like '-%%' order by b.allocator_id, b.client_id
        """,
        _WARN,
    ),
)
