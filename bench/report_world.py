"""Input rows of reports, for a number of allocators and clients, in one statement per table.

Scope: filling the input tables. Not here: writing reports (``bench.report_runs``).
"""

from __future__ import annotations

from datetime import datetime

import psycopg

from cdp_assets.filplus.report_inputs.input_tables import INPUT_TABLES

PROVIDERS = 2_400
PROVIDERS_OF_A_CLIENT = 5
REPLICA_ROWS_OF_A_CLIENT = 3
SHARING_ROWS_OF_A_CLIENT = 3
GRANTS_OF_A_CLIENT = 2
HOURS_OF_A_CLIENT = 20

# c counts clients from 1 and belongs to allocator 1 + (c - 1) / clients; p counts providers.
_STATEMENTS = (
    """
    insert into raw_dmob.verifier (id, address_id, address, name, org_name, is_multisig,
        is_virtual, is_meta_allocator, dc_source, created_at_height, _sync_version)
    select a, 'f0' || 500000 + a, 'f2a' || a, 'Allocator ' || a, 'Organisation ' || a, true,
        false, false, 'f080', 4000000, 1
    from generate_series(1, %(allocators)s) a
    """,
    """
    insert into filplus.allocator_registry (allocator_id, allocator_address, json_path,
        registry_info, data_type, audit, data_types, required_sps, required_replicas,
        tranche_schedule, audits, first_audit_ended_at, blob_sha)
    select 'f0' || 500000 + a, 'f2a' || a, 'Allocators/' || a || '.json', '{}',
        case when a %% 5 = 0 then 'enterprise' else 'openData' end, '{Public Open}', '{Slingshot}',
        '5', '2', 'I will use the standard Allocation Tranche Schedule', '[]',
        %(now)s::timestamp - interval '180 days', repeat('0', 40)
    from generate_series(1, %(allocators)s) a
    """,
    """
    insert into raw_dmob.verified_client (id, address_id, address, verifier_address_id,
        initial_allowance, allowance, name, org_name, _sync_version)
    select c, 'f0' || 1000000 + c, 'f1c' || c, 'f0' || 500001 + (c - 1) / %(clients)s,
        (1::numeric + c %% 50) * 2 ^ 40, (c %% 50) * (2::numeric ^ 39), 'n/a', 'Client ' || c, 1
    from generate_series(1, %(all_clients)s) c
    """,
    """
    insert into raw_dmob.verified_client_allowance (id, address_id, verifier_address_id, height,
        allowance, audit_trail, issue_create_timestamp, create_message_timestamp, _sync_version)
    select c * %(grants)s + g, 'f0' || 1000000 + c, 'f0' || 500001 + (c - 1) / %(clients)s,
        (t - 1598306400) / 30, (1::numeric + c %% 50) * 2 ^ 39, 'https://issues.example/' || c,
        t - 86400, t, 1
    from generate_series(1, %(all_clients)s) c
    cross join generate_series(0, %(grants)s - 1) g
    cross join lateral (
        select extract(epoch from %(now)s::timestamptz)::bigint - 86400 * (40 + 20 * g + c %% 200)
    ) instants (t)
    """,
    """
    insert into filplus.allocator_client_bookkeeping (allocator_id, client_id, client_address,
        json_path, bookkeeping_info, declared_providers, is_public_dataset, confirms_open_data,
        total_requested_amount_bytes, expected_size_of_single_dataset_bytes, blob_sha)
    select 'f0' || 500001 + (c - 1) / %(clients)s, 'f0' || 1000000 + c, 'f1c' || c,
        'applications/' || c || '.json', '{}',
        array['f0' || 1000 + c %% %(providers)s, 'f0' || 1000 + (c + 1) %% %(providers)s],
        true, true, 100 * (2::numeric ^ 40), 10 * (2::numeric ^ 40), repeat('0', 40)
    from generate_series(1, %(all_clients)s) c
    """,
    """
    insert into filplus.client_provider_distribution
    select 'f0' || 1000000 + c, 'f0' || 1000 + (c * 7 + p * 131) %% %(providers)s,
        (1 + (c + p) %% 40) * (2 ^ 36)::bigint, (1 + (c + p) %% 40) * (2 ^ 35)::bigint, 1 + p
    from generate_series(1, %(all_clients)s) c
    cross join generate_series(0, %(providers_of_a_client)s - 1) p
    """,
    """
    insert into filplus.client_replica_distribution
    select 'f0' || 1000000 + c, r, r * (2 ^ 36)::bigint, (2 ^ 36)::bigint
    from generate_series(1, %(all_clients)s) c
    cross join generate_series(1, %(replica_rows)s) r
    """,
    """
    insert into filplus.cid_sharing
    select 'f0' || 1000000 + c, 'f0' || 1000001 + (c + o - 1) %% %(all_clients)s,
        o * (2 ^ 35)::bigint, o
    from generate_series(1, %(all_clients)s) c
    cross join generate_series(1, %(sharing_rows)s) o
    """,
    """
    insert into filplus.client_claims_hourly
    select date_trunc('hour', %(now)s::timestamp) - (1 + h * 31 + c %% 29) * interval '1 hour',
        'f0' || 1000000 + c, (2 ^ 35)::bigint
    from generate_series(1, %(all_clients)s) c
    cross join generate_series(0, %(hours)s - 1) h
    """,
    """
    insert into filplus.storage_provider_url_finder_metric (id, metric_type)
    select md5(m)::uuid, m
    from unnest(array['RPA_RETRIEVABILITY', 'CAR_FILES', 'TTFB', 'BANDWIDTH']) m
    on conflict do nothing
    """,
    """
    insert into filplus.storage_provider_url_finder_daily_snapshot
    select md5('snapshot' || p)::uuid, 'f0' || 1000 + p,
        date_trunc('day', %(now)s::timestamp) - interval '1 day',
        %(now)s::timestamp - interval '1 day', 'SUCCESS'
    from generate_series(0, %(providers)s - 1) p
    """,
    """
    insert into filplus.storage_provider_url_finder_metric_value
    select md5(m.metric_type || p)::uuid, 'f0' || 1000 + p, m.id, md5('snapshot' || p)::uuid,
        (p %% 100) / 100.0, %(now)s::timestamp - interval '1 day'
    from generate_series(0, %(providers)s - 1) p
    cross join filplus.storage_provider_url_finder_metric m
    """,
    """
    insert into filplus.provider_ipni_reporting (provider, ipni_reporting_status,
        ipni_reported_claims_count, claims_count, data_as_of)
    select 'f0' || 1000 + p, (array['OK', 'OK', 'MISREPORTING', 'NOT_REPORTING'])[1 + p %% 4],
        (array[1000000, 1000000, 1, null])[1 + p %% 4], 10, %(now)s::timestamp
    from generate_series(0, %(providers)s - 1) p
    """,
    """
    insert into filplus.provider_ip_info
    select 'f0' || 1000 + p, %(now)s::timestamp - interval '1 day', '52.5', '13.4', 'DE', 'BE',
        'City ' || p %% 300
    from generate_series(0, %(providers)s - 1) p
    """,
)


def fill_report_world(
    connection: psycopg.Connection, allocators: int, clients: int, now: datetime
) -> None:
    """Fill every input table of reports, with ``clients`` for each allocator, and analyze."""
    values = {
        "allocators": allocators,
        "clients": clients,
        "all_clients": allocators * clients,
        "providers": PROVIDERS,
        "providers_of_a_client": PROVIDERS_OF_A_CLIENT,
        "replica_rows": REPLICA_ROWS_OF_A_CLIENT,
        "sharing_rows": SHARING_ROWS_OF_A_CLIENT,
        "grants": GRANTS_OF_A_CLIENT,
        "hours": HOURS_OF_A_CLIENT,
        "now": now,
    }
    connection.execute("set timezone = 'UTC'")
    for table in INPUT_TABLES:
        connection.execute("select ops.bump_version(%s, 'bench')", [table.replace(".", "/")])
    # values in the text: a placeholder alone would have no type
    cursor = psycopg.ClientCursor(connection)
    for statement in _STATEMENTS:
        cursor.execute(statement, values)
    connection.commit()
    connection.autocommit = True
    connection.execute("analyze")
    connection.autocommit = False
