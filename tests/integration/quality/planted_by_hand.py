"""Violations of more than one value, each a statement for the filled world of ``planting``.

Scope: what the search for one changed value does not find; not here: the search.
"""

from __future__ import annotations

from tests.integration.quality.planting import ID


def _repeated(table: str, **changes: str) -> str:
    """Return the statement that repeats the rows of a table with other values."""
    values = ", ".join(f"'{name}', '{value}'" for name, value in changes.items())
    return (
        f"insert into {table} select (jsonb_populate_record(t, jsonb_build_object({values}))).* "
        f"from {table} t"
    )


_STATEMENTS = "validators.partner_commission_statements"
_PAYLOADS = "staging.staging_payloads"


def _fetch(data_type: str, **answers: str) -> str:
    """Return the statement that stores a whole fetch: its manifest and the answer of each method.

    The manifest has the id that the statements of fees read as the fetch that the run chose.
    """
    parts = ", ".join(f'{{"asked": "{m}:1", "response_hash": "{m}"}}' for m in answers)
    bodies = {"manifest": f'{{"parts": [{parts}]}}', **answers}
    return ";".join(
        _repeated(_PAYLOADS, data_type=data_type, payload_id=ID[:-1] + str(number),
                  role="part" if number > 1 else "manifest", validator_key="", response_hash=name)
        + f" where data_type = 'META'; update {_PAYLOADS} set raw_payload = '{body}' "
        f"where data_type = '{data_type}' and response_hash = '{name}'"
        for number, (name, body) in enumerate(bodies.items(), 1)
    )  # fmt: skip


_META = (
    "insert into filplus.allocator (id, address, is_virtual, is_metaallocator) "
    "values ('f0998', 'f2meta', false, true)"
)
_TWO_GRANTS = (
    "insert into raw_dmob.verifier_allowance (id, dc_source, _sync_version) "
    "values (900, '0xab', 1), (901, '0xAB', 1)"
)

PLANTED: dict[str, tuple[str, ...]] = {
    "filplus/report_check_counts_weekly:counted_checks_passed_or_failed": (
        "update filplus.report_check_counts_weekly "
        "set checks_passed_count = 0, checks_failed_count = 0",
    ),
    "filplus/allocator:allocator_addresses_are_unique": (
        "drop index if exists filplus.allocator_address_key; "
        f"{_META}; {_META.replace('f0998', 'f0999')}",
    ),
    **{
        f"filplus/{table}:allocators_not_metaallocators": (
            f"{_META}; delete from filplus.{table}; "
            + (
                f"insert into filplus.{table} values ('2024-03-04', 'f0998', true, true, true, "
                "1, 0, 0, 0, 0, 50, 'nonCompliant', 1)"
                if table == "allocator_compliance_weekly"
                else f"insert into filplus.{table} values ('2024-03-04', 'f0998', 'all', true, "
                "true, true, 1, 0, 0, 0, 0, 1)"
            ),
        )
        for table in ("allocator_compliance_weekly", "allocator_sps_compliance_weekly")
    },
    "filplus/allocator_registry:datacap_amounts_are_numbers": (
        "update filplus.allocator_registry "
        """set registry_info = '{"audits": [{"datacap_amount": "10"}]}'""",
    ),
    "raw_dmob/unified_verified_deal:actor_ids_without_prefix": (
        """update raw_dmob.unified_verified_deal set _unparsed = '{"clientId": "f01000"}'""",
    ),
    "filplus/allocator_report_client_allocation:allocations_ordered_by_time": (
        _repeated("filplus.allocator_report_client_allocation", allocation_number="8",
                  id=ID.replace("1", "2"), timestamp="2024-01-01"),
    ),
    **{
        f"filplus/{entity}_report_storage_provider_distribution_location:"
        f"{entity}_locations_name_a_place": (
            f"update filplus.{entity}_report_storage_provider_distribution_location "
            "set city = null, region = null, country = null, loc = null",
        )
        for entity in ("allocator", "client")
    },
    "filplus/allocator_score_explained:maxima_equal_rules": (
        """update filplus.rule_version set rules = '{"maximum": {"openData": 48}}'""",
    ),
    "filplus/provider_ipni_reporting:every_provider_of_the_source_has_one_row": (
        "delete from raw_dmob.unique_providers; delete from filplus.provider_ipni_reporting",
    ),
    "filplus/allocator_client_bookkeeping:requested_amounts_are_positive": (
        "update filplus.allocator_client_bookkeeping set bookkeeping_info = "
        """'{"Allocation Requests": [{"Allocation Amount": "-9 B"}]}'""",
    ),
    "raw_ipni/advertisement:chains_do_not_fork": (
        _repeated("raw_ipni.advertisement", ad_cid="another"),
    ),
    "raw_ipni/advertisement:equal_entries_have_equal_numbers": (
        _repeated("raw_ipni.advertisement", ad_cid="another", entries_number="8"),
    ),
    "raw_ipni/advertisement:providers_are_peer_ids": (
        _repeated("raw_ipni.advertisement", ad_cid="another", provider_id="nobody"),
    ),
    "raw_dmob/verified_client:clients_have_one_allocator": (
        "insert into raw_dmob.verified_client (id, address_id, verifier_address_id, _sync_version) "
        "values (900, 'f0900', 'f05', 1), (901, 'f0900', 'f06', 1)",
    ),
    "raw_dmob/verifier_allowance:addresses_have_one_spelling": (_TWO_GRANTS,),
    **{
        f"staging/solana_mainnet/staging_{data_type.lower()}:fetch_complete": (
            _fetch(data_type, getBlock="{}"),
        )
        for data_type in ("FEES", "MEV", "REWARDS")
    },
    "validators/solana_mainnet/canonical_periods:ended_periods_have_times": (
        "update validators.canonical_periods set status = 'ENDED', start_ts = null",
    ),
    "validators/solana_mainnet/canonical_periods:periods_follow_each_other": (
        _repeated("validators.canonical_periods", period_id="2"),
    ),
    "validators/solana_mainnet/canonical_validator_fees:every_leader_has_a_row": (
        _fetch("FEES", getLeaderSchedule='{"result": {"leader": [1]}}'),
    ),
    "validators/solana_mainnet/canonical_validator_fees:fees_sum_to_what_leaders_were_paid": (
        _fetch("FEES", getLeaderSchedule="{}",
               getBlock='{"result": {"rewards": [{"rewardType": "Fee", "lamports": "8"}]}}'),
    ),
    **{
        f"validators/solana_mainnet/{table}:no_provisional_zero": (
            f"update validators.{table} set quality_flags = '{{PROVISIONAL_ZERO}}'",
        )
        for table in (
            "canonical_validator_fees", "canonical_validator_mev", "canonical_stake_rewards"
        )
    },
    "validators/solana_mainnet/canonical_stake_rewards:stakers_within_aggregate": (
        _repeated("validators.canonical_stake_rewards", staker_address="", stake_native="6"),
    ),
    "validators/solana_mainnet/partner_commission_lines:attribution_within_component": (
        "update validators.partner_commission_lines "
        "set revenue_component = 'TOTAL', raw_amount_native = 29",
    ),
    "validators/partner_commission_statements:line_paid_once": (
        f"update {_STATEMENTS} set status = 'RELEASED'; "
        + _repeated(_STATEMENTS, statement_id=ID[:-1] + "2", introducer_id=ID[:-1] + "2")
        + "; " + _repeated("validators.partner_statement_items", statement_id=ID[:-1] + "2"),
    ),
    "validators/solana_mainnet/canonical_validator_identities:identity_of_one_validator":
        ("update validators.canonical_validator_identities set kind = 'identity'; "
         + _repeated("validators.canonical_validator_identities", validator_key="another"),),
}  # fmt: skip
