"""Landing of the source database DMOB: eight relations, typed, plus the piece dictionary.

Column meanings are those of source_ddl.sql; names are snake case. Client, provider and piece are
integers because the aggregates that follow group by them (stack §6); a text that is no such number
lands in ``_unparsed`` instead, so nothing is lost.
"""

from alembic import op

from migrations.grants import grant

revision = "0003"
down_revision = "0002"

TABLES = """
create table raw_dmob.piece (
    piece_id bigint generated always as identity primary key,
    piece_cid text not null
);
create index piece_by_hash on raw_dmob.piece (hashtextextended(piece_cid, 0));
comment on table raw_dmob.piece is
    'Exact dictionary of piece CIDs. Unique by the way it is filled (one sync at a time); looked up by hash and text.';

create table raw_dmob.unified_verified_deal (
    id bigint primary key,
    deal_id bigint not null,
    client_id bigint,
    provider_id bigint,
    piece_id bigint,
    piece_size bigint,
    term_start bigint,
    started_at timestamp(0),
    created_at timestamp(6),
    slashed_epoch bigint,
    removed boolean,
    sector_id text,
    type text,
    _unparsed jsonb,
    _sync_version bigint not null
);
create index unified_verified_deal_by_start on raw_dmob.unified_verified_deal
    using brin (started_at) with (pages_per_range = 32, autosummarize = on);
alter table raw_dmob.unified_verified_deal set (autovacuum_vacuum_scale_factor = 0.05);
comment on table raw_dmob.unified_verified_deal is
    'One row per claim or market deal of the source, as last seen. Rows that cannot be placed (no client, provider or start) stay here.';
comment on column raw_dmob.unified_verified_deal.started_at is 'UTC instant of term_start; null when term_start is null or past the year 9999 cannot be meant (4294967295).';
comment on column raw_dmob.unified_verified_deal.piece_size is 'Padded bytes.';
comment on column raw_dmob.unified_verified_deal.client_id is 'Actor number without f0; null when absent or not a number (then in _unparsed).';
comment on column raw_dmob.unified_verified_deal._unparsed is 'Source texts by column that are not what the typed column holds; null for nearly every row.';

create table raw_dmob.dc_allocation_claim (
    id bigint primary key,
    client_id text,
    type text,
    _sync_version bigint not null
);

create table raw_dmob.unique_providers (
    provider_id text not null primary key,
    _sync_version bigint not null
);
comment on table raw_dmob.unique_providers is 'Distinct providers; the source''s null provider lands as an empty text.';

create table raw_dmob.verifier (
    id bigint primary key,
    address_id text,
    address text,
    initial_allowance numeric,
    allowance numeric,
    created_at_height bigint,
    audit_trail text,
    inffered boolean,
    name text,
    issue_create_timestamp bigint,
    create_message_timestamp bigint,
    is_multisig boolean,
    retries integer,
    removed boolean,
    org_name text,
    address_eth text,
    is_virtual boolean,
    is_meta_allocator boolean,
    dc_source text,
    _sync_version bigint not null
);

create table raw_dmob.verifier_allowance (
    id bigint primary key,
    address_id text,
    height bigint,
    allowance numeric,
    verifier_id bigint,
    audit_trail text,
    msg_cid text,
    issue_create_timestamp bigint,
    create_message_timestamp bigint,
    retries integer,
    error text,
    audit_status text,
    is_virtual boolean,
    dc_source text,
    _sync_version bigint not null
);

create table raw_dmob.verified_client (
    id bigint primary key,
    address_id text,
    address text,
    verifier_address_id text,
    initial_allowance numeric,
    allowance numeric,
    created_at_height bigint,
    audit_trail text,
    name text,
    org_name text,
    _sync_version bigint not null
);

create table raw_dmob.verified_client_allowance (
    id bigint primary key,
    address_id text,
    verifier_address_id text,
    height bigint,
    allowance numeric,
    audit_trail text,
    issue_create_timestamp bigint,
    create_message_timestamp bigint,
    _sync_version bigint not null
);

create table raw_dmob.client_contract (
    id bigint primary key,
    address_id text,
    _sync_version bigint not null
);
"""


def upgrade() -> None:
    op.execute(TABLES)
    grant("truncate on all tables in schema raw_dmob", "cdp_writer")


def downgrade() -> None:
    op.execute(
        "drop table raw_dmob.client_contract, raw_dmob.verified_client_allowance, "
        "raw_dmob.verified_client, raw_dmob.verifier_allowance, raw_dmob.verifier, "
        "raw_dmob.unique_providers, raw_dmob.dc_allocation_claim, "
        "raw_dmob.unified_verified_deal, raw_dmob.piece"
    )
