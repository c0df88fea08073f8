"""Provider sources: URL finder metrics, Lotus, IPNI, IP location, Filscan and FilSpark."""

from pathlib import Path

from alembic import op

from migrations.grants import default_privilege, grant

revision = "0009"
down_revision = "0008"

SOURCES = ("raw_lotus", "raw_ipni", "raw_ipinfo", "raw_filscan", "raw_filspark")
TABLES = (
    "filplus.storage_provider_url_finder_metric",
    "filplus.storage_provider_url_finder_daily_snapshot",
    "filplus.storage_provider_url_finder_metric_value",
    "filplus.ipni_publisher_advertisement",
    "filplus.ipni_reporting_daily",
    "filplus.provider_ipni_reporting",
    "filplus.provider_ip_info",
    "filplus.provider_filscan_info",
    "filplus.provider_retrievability_daily",
)
COMMENTS = Path(__file__).with_name("0009_comments.sql")

ANSWERS = """
create table {schema}.answers (
    answer_id bigint generated always as identity primary key,
    day date not null,
    request_fingerprint text not null,
    asked text[] not null,
    http_status integer not null,
    is_complete boolean not null,
    fetched_at timestamptz not null,
    response_hash text not null,
    body bytea,
    unique (day, request_fingerprint, response_hash)
);
comment on table {schema}.answers is
    'Every answer as received, before any parsing, kept once per day, request and content. is_complete false: it broke off, is malformed or reports an error, and no row is made of it. asked: the entities of the request, in its order. body null: content-addressed, so the CID in asked fetches it again.';
"""

FAILED_ENTITIES = """
create table ops.failed_entities (
    asset_key text not null,
    entity text not null,
    reason text not null,
    failures integer not null default 1,
    first_failed_at timestamptz not null,
    last_failed_at timestamptz not null,
    primary key (asset_key, entity)
);
comment on table ops.failed_entities is
    'One row per entity that the last attempt of an asset could not store while the rest was. It is tried again by the next run and leaves the table once it succeeds.';
"""

LOTUS = """
create table raw_lotus.miner_info (
    day date not null,
    provider text not null,
    peer_id text,
    lotus_peer_id text,
    contract_peer_id text,
    multiaddrs text[] not null,
    fetched_at timestamptz not null,
    answer_id bigint not null references raw_lotus.answers,
    contract_answer_id bigint not null references raw_lotus.answers,
    primary key (day, provider)
);
create index on raw_lotus.miner_info (provider, day desc);
comment on table raw_lotus.miner_info is
    'One row per UTC day and provider. peer_id: that of the contract where it is set, else that of the node; null: neither names one. multiaddrs: decoded; those that could not be are left out.';

create table raw_lotus.client_status (
    day date not null,
    client text not null,
    available_datacap numeric,
    contract_address text,
    max_deviation_bps bigint,
    fetched_at timestamptz not null,
    answer_id bigint not null references raw_lotus.answers,
    primary key (day, client)
);
create index on raw_lotus.client_status (client, day desc);
comment on table raw_lotus.client_status is
    'One row per UTC day and client. available_datacap: bytes left on chain; null: the chain knows no datacap of it. contract_address: its contract as 0x; null: none. max_deviation_bps: the contract''s limit in hundredths of a percent; null: not told.';
"""

IPNI = """
create table raw_ipni.publisher (
    provider_id text primary key,
    publisher_id text,
    addresses text[] not null,
    base_url text,
    head_cid text,
    seen_at timestamptz not null
);
comment on table raw_ipni.publisher is
    'One row per provider of cid.contact as last seen. base_url null: no address of it speaks HTTP. head_cid null: it never advertised.';

create table raw_ipni.advertisement (
    ad_cid text primary key,
    previous_cid text,
    provider_id text not null,
    context_id text not null,
    entries_cid text not null,
    is_rm boolean not null,
    walked_for text not null,
    entries_number bigint,
    counted_entries bigint not null default 0,
    counted_blocks bigint not null default 0,
    next_block_cid text,
    mark_cid text,
    fetched_at timestamptz not null,
    answer_id bigint not null references raw_ipni.answers
);
create index on raw_ipni.advertisement (previous_cid);
create index on raw_ipni.advertisement (entries_cid);
create index on raw_ipni.advertisement (walked_for, ad_cid);
create index on raw_ipni.advertisement (walked_for, fetched_at) where entries_number is null;
comment on table raw_ipni.advertisement is
    'One row per advertisement that the walk has read. entries_number null: its entries are not counted to the end yet; counted_* and next_block_cid say where the counting goes on, mark_cid finds a chain that loops. walked_for: provider of cid.contact whose chain it was found in.';

create table raw_ipni.broken_link (
    cid text primary key,
    walked_for text not null,
    reason text not null,
    failures integer not null default 1,
    first_failed_at timestamptz not null,
    last_failed_at timestamptz not null
);
comment on table raw_ipni.broken_link is
    'One row per advertisement that its publisher no longer serves, or whose entries cannot be counted. Tried again once a week; it leaves the table once it succeeds.';

create table raw_ipni.provider_reporting (
    day date not null,
    provider text not null,
    peer_id text,
    reported_count numeric,
    actual_count numeric,
    reporting_status text not null,
    primary key (day, provider)
);
comment on table raw_ipni.provider_reporting is
    'One row per UTC day and provider: what its IPNI status was made of on that day, so that a past day is never made of today''s advertisements.';
"""

MARTS = """
create table filplus.storage_provider_url_finder_metric (
    id uuid primary key,
    metric_type text not null unique check (
        metric_type in ('TTFB', 'RPA_RETRIEVABILITY', 'BANDWIDTH', 'CAR_FILES')
    ),
    name text,
    description text,
    unit text
);

create table filplus.storage_provider_url_finder_daily_snapshot (
    id uuid primary key,
    provider text not null,
    snapshot_date timestamp(3) not null,
    tested_at timestamp(3) not null,
    result_code text not null check (
        result_code in (
            'NO_PEER_ID', 'NO_CID_CONTACT_DATA', 'MISSING_ADDR_FROM_CID_CONTACT',
            'MISSING_HTTP_ADDR_FROM_CID_CONTACT', 'FAILED_TO_GET_WORKING_URL', 'NO_DEALS_FOUND',
            'TIMED_OUT', 'SUCCESS', 'ERROR'
        )
    ),
    unique (provider, snapshot_date)
);
create index on filplus.storage_provider_url_finder_daily_snapshot (snapshot_date);

create table filplus.storage_provider_url_finder_metric_value (
    id uuid primary key,
    provider text not null,
    metric_id uuid not null,
    snapshot_id uuid not null references filplus.storage_provider_url_finder_daily_snapshot,
    value double precision,
    tested_at timestamp(3),
    unique (provider, metric_id, tested_at)
);
create index on filplus.storage_provider_url_finder_metric_value (snapshot_id);

create table filplus.ipni_publisher_advertisement (
    id text primary key,
    previous_id text,
    publisher_id text not null,
    context_id text not null,
    entries_number bigint not null check (entries_number >= 0),
    is_rm boolean not null
);
create index on filplus.ipni_publisher_advertisement (publisher_id);
create index on filplus.ipni_publisher_advertisement (previous_id);

create table filplus.ipni_reporting_daily (
    date timestamp(3) primary key,
    ok integer not null,
    not_reporting integer not null,
    misreporting integer not null,
    total integer not null check (total = ok + not_reporting + misreporting)
);

create table filplus.provider_ipni_reporting (
    provider text primary key,
    ipni_reporting_status text not null check (
        ipni_reporting_status in ('OK', 'NOT_REPORTING', 'MISREPORTING')
    ),
    ipni_reported_claims_count bigint,
    claims_count bigint,
    peer_id text,
    data_as_of timestamp(3) not null
);

create table filplus.provider_ip_info (
    provider text not null,
    date timestamp(3) not null,
    lat text,
    long text,
    country text,
    region text,
    city text,
    primary key (provider, date)
);

create table filplus.provider_filscan_info (
    date timestamp(3) not null,
    provider text not null,
    account_id text,
    balance numeric,
    available_balance numeric,
    init_pledge numeric,
    pre_deposits numeric,
    locked_balance numeric,
    quality_adjust_power numeric,
    quality_power_rank bigint,
    quality_power_percentage numeric,
    raw_power numeric,
    total_block_count bigint,
    total_win_count bigint,
    total_reward numeric,
    sector_size bigint,
    sector_count bigint,
    live_sector_count bigint,
    fault_sector_count bigint,
    recover_sector_count bigint,
    active_sector_count bigint,
    terminate_sector_count bigint,
    primary key (date, provider)
);

create table filplus.provider_retrievability_daily (
    date timestamp(3) not null,
    provider text not null,
    total integer not null check (total >= 0),
    successful integer not null check (successful between 0 and total),
    success_rate double precision not null,
    successful_http integer check (successful_http between 0 and total),
    success_rate_http double precision,
    primary key (date, provider)
);
"""

FUNCTIONS = """
create function filplus.ipni_reporting_status(reported numeric, actual numeric) returns text
language sql immutable as $$
    select case
        when coalesce(reported, 0) = 0 then 'NOT_REPORTING'
        when reported < 0.5 * actual then 'MISREPORTING'
        else 'OK'
    end
$$;
comment on function filplus.ipni_reporting_status is
    'IPNI status of a provider (compliance §6.7). reported: advertised entries, null without peer id or advertisement; actual: claims, null without any.';
"""


def upgrade() -> None:
    op.execute(FAILED_ENTITIES)
    grant("select on ops.failed_entities", "api_ro", "metrics", "analyst")
    for schema in SOURCES:
        op.execute(f"create schema {schema}")
        grant(f"usage on schema {schema}", "cdp_writer")
        default_privilege(schema, "select, insert, update, delete on tables", "cdp_writer")
        default_privilege(schema, "usage on sequences", "cdp_writer")
        op.execute(ANSWERS.format(schema=schema))
    for statements in (LOTUS, IPNI, MARTS, FUNCTIONS):
        op.execute(statements)
    op.execute(COMMENTS.read_text(encoding="utf-8"))
    for table in TABLES:
        grant(f"select on {table}", "api_ro", "analyst", "metrics")


def downgrade() -> None:
    op.execute("drop function filplus.ipni_reporting_status")
    op.execute(f"drop table {', '.join(reversed(TABLES))}")
    for schema in reversed(SOURCES):
        op.execute(f"drop schema {schema} cascade")
    op.execute("drop table ops.failed_entities")
