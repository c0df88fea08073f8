"""Registries from GitHub: raw answers, the tables of compliance §3.18, what could not be read."""

from alembic import op

from migrations.grants import default_privilege, grant

revision = "0008"
down_revision = "0007"

RAW = """
create schema raw_github;
create sequence raw_github.seen;
create table raw_github.answers (
    answer_id bigint generated always as identity primary key,
    kind text not null check (kind in ('listing', 'tree', 'file', 'repository')),
    repository text not null,
    path text not null,
    request_fingerprint text not null,
    http_status integer not null,
    is_complete boolean not null,
    etag text,
    blob_sha text,
    fetched_at timestamptz not null,
    seen_number bigint not null default nextval('raw_github.seen'),
    response_hash text not null,
    body bytea not null,
    unique (request_fingerprint, response_hash)
);
create index on raw_github.answers (repository, path, kind, seen_number desc);
comment on table raw_github.answers is
    'Every answer as received, before any parsing, kept once per request and content. is_complete false: it broke off, is malformed or reports an error, and no row is made of it.';
comment on column raw_github.answers.path is 'Path in the repository; empty for a question about the repository itself.';
comment on column raw_github.answers.etag is 'What the source calls this content, sent back to learn whether it changed.';
comment on column raw_github.answers.blob_sha is 'Git''s name of a file''s content; null for other answers.';
comment on column raw_github.answers.fetched_at is 'The clock when this content was last received or confirmed.';
comment on column raw_github.answers.seen_number is 'Grows with every receipt or confirmation: the largest is the newest, also under a pinned clock.';
"""

REGISTRY = """
create table filplus.{table} (
    allocator_id text primary key,
    allocator_address text not null unique,
    json_path text not null,
    registry_info json not null,
    rejected boolean not null default false,
    data_type text not null check (data_type in ('openData', 'enterprise')),
    status text,
    metapathway_type text,
    audit text[],
    data_types text[],
    required_sps text,
    required_replicas text,
    tranche_schedule text,
    bookkeeping_repository text,
    audits jsonb not null,
    first_audit_ended_at timestamp(3),
    approved_at timestamp(3),
    blob_sha text not null
);
comment on table filplus.{table} is
    '{what} The first five columns are those of compliance §3.18; the others are read from registry_info.';
comment on column filplus.{table}.rejected is '{rejected}';
comment on column filplus.{table}.data_type is 'enterprise when an element of application.audit is one of the enterprise audits, else openData, also without any (compliance §1.4).';
comment on column filplus.{table}.audit is 'application.audit, trimmed; null when absent.';
comment on column filplus.{table}.required_sps is 'First number of application.required_sps; null when it holds none.';
comment on column filplus.{table}.required_replicas is 'First number of application.required_replicas; null when it holds none.';
comment on column filplus.{table}.bookkeeping_repository is 'owner/name on GitHub; null when there is none or it is kept elsewhere.';
comment on column filplus.{table}.audits is 'List in the file''s order of started, ended, dc_allocated (UTC texts or null), outcome as mapped by compliance §2.3, datacap_amount_pib (number or null).';
comment on column filplus.{table}.first_audit_ended_at is 'UTC; null when the first audit is open or there is none.';
comment on column filplus.{table}.allocator_id is 'Actor id f0…, as the file names it, else as the source database knows it for the address.';
comment on column filplus.{table}.allocator_address is 'Address of the multisig, else of the allocator, else as the source database knows it.';
comment on column filplus.{table}.json_path is 'Path of the file in the governance repository.';
comment on column filplus.{table}.registry_info is 'The file as it is.';
comment on column filplus.{table}.status is 'State of the allocator in the old scheme; null in the present one.';
comment on column filplus.{table}.metapathway_type is 'Pathway; two vocabularies occur. Null when absent.';
comment on column filplus.{table}.data_types is 'application.data_types, trimmed; null when absent.';
comment on column filplus.{table}.tranche_schedule is 'How the allocator says that it grants; null when absent.';
comment on column filplus.{table}.approved_at is 'history.Approved, UTC; null when absent.';
comment on column filplus.{table}.blob_sha is 'Git''s name of the file''s content that the row was read from.';
"""

BOOKKEEPING = """
create table filplus.allocator_client_bookkeeping (
    allocator_id text not null,
    client_id text not null,
    client_address text not null,
    json_path text not null,
    bookkeeping_info json not null,
    client_name text,
    client_contract_address text,
    declared_providers text[] not null,
    is_public_dataset boolean,
    confirms_open_data boolean not null,
    total_requested_amount_bytes numeric,
    expected_size_of_single_dataset_bytes numeric,
    blob_sha text not null,
    absent_since timestamp(3),
    primary key (allocator_id, client_id)
);
create index on filplus.allocator_client_bookkeeping (client_id);
comment on table filplus.allocator_client_bookkeeping is
    'One row per allocator and client: the application in the allocator''s repository. The first five columns are those of compliance §3.18; the others are read from bookkeeping_info. A row that vanished upstream stays and says since when.';
comment on column filplus.allocator_client_bookkeeping.allocator_id is 'Actor id f0… of the allocator.';
comment on column filplus.allocator_client_bookkeeping.client_id is 'Actor id f0… of the client, found by its address in the source database.';
comment on column filplus.allocator_client_bookkeeping.client_address is 'ID of the application: the client''s robust address.';
comment on column filplus.allocator_client_bookkeeping.json_path is 'Path of the application in the allocator''s repository.';
comment on column filplus.allocator_client_bookkeeping.bookkeeping_info is 'The application as it is.';
comment on column filplus.allocator_client_bookkeeping.client_name is 'Client.Name; null when absent.';
comment on column filplus.allocator_client_bookkeeping.client_contract_address is 'Smart contract that acts for the client; null when absent.';
comment on column filplus.allocator_client_bookkeeping.blob_sha is 'Git''s name of the application''s content that the row was read from.';
comment on column filplus.allocator_client_bookkeeping.declared_providers is 'Providers that the application names, each once, in its order.';
comment on column filplus.allocator_client_bookkeeping.is_public_dataset is 'The confirmation contains [x] or yes; null when the application has no such text.';
comment on column filplus.allocator_client_bookkeeping.confirms_open_data is 'The confirmation is exactly "[x] i confirm" or "yes", in any case: the stricter rule of compliance §1.4.';
comment on column filplus.allocator_client_bookkeeping.total_requested_amount_bytes is 'Whole bytes; null when absent or not a size.';
comment on column filplus.allocator_client_bookkeeping.expected_size_of_single_dataset_bytes is 'Whole bytes; null when absent or not a size.';
comment on column filplus.allocator_client_bookkeeping.absent_since is 'UTC clock of the run that found the file gone; null while it is there.';
"""

ISSUES = """
create table ops.registry_issues (
    asset_key text not null,
    location text not null,
    reason text not null,
    effect text not null check (effect in ('left_out', 'kept_older', 'noted')),
    detail text not null,
    since timestamptz not null,
    primary key (asset_key, location, reason)
);
comment on table ops.registry_issues is
    'One row per file, repository or entry of the newest run that could not be taken as it is, and why. All are tried again by every run.';
comment on column ops.registry_issues.effect is 'left_out: it makes no row. kept_older: the row of its older content stays. noted: the row is there, a value of it is not.';
comment on column ops.registry_issues.since is 'The clock of the run that met it first.';
"""

EDITION5 = """
create schema raw_edition5;
create table raw_edition5.files (
    name text not null,
    content_hash text not null,
    fetched_at timestamptz not null,
    body bytea not null,
    primary key (name, content_hash)
);
comment on table raw_edition5.files is
    'Every file of the fixed edition-5 figures as received, once per content (SHA-256).';
create table filplus.edition5_audit_states (
    allocator_id text not null,
    audit_number integer not null,
    allocator_name text,
    started_at timestamp(3),
    ended_at timestamp(3),
    dc_allocated_at timestamp(3),
    outcome text not null,
    datacap_amount_pib numeric,
    primary key (allocator_id, audit_number)
);
comment on table filplus.edition5_audit_states is
    'One row per allocator of edition 5 and audit, from 0, as fixed when the edition ended. Times are UTC, null where the record has none.';
create table filplus.edition5_audit_times (
    series text not null check (series in ('conversation', 'audit', 'allocation')),
    round integer not null,
    average_seconds bigint not null,
    primary key (series, round)
);
comment on table filplus.edition5_audit_times is
    'One row per measured span and round of edition 5, from 1: average seconds. A series without rows was not recorded.';
create table filplus.edition5_pathways (
    allocator_id text primary key,
    type_of_allocator text not null,
    pathway text not null
);
comment on table filplus.edition5_pathways is
    'One row per allocator of edition 5: its type and pathway, as the flow of datacap is drawn.';
create table filplus.edition5_monthly_outcomes (
    month date not null,
    outcome text not null,
    audits integer not null,
    datacap_pib numeric not null,
    primary key (month, outcome)
);
comment on table filplus.edition5_monthly_outcomes is
    'One row per month (its first day) of edition 5 and audit outcome: number of audits and their datacap in PiB.';
comment on column filplus.edition5_audit_states.allocator_id is 'Actor id f0….';
comment on column filplus.edition5_audit_states.audit_number is 'Place among the allocator''s audits, from 0.';
comment on column filplus.edition5_audit_states.allocator_name is 'Null when not recorded.';
comment on column filplus.edition5_audit_states.started_at is 'UTC; null when not recorded.';
comment on column filplus.edition5_audit_states.ended_at is 'UTC; null when not recorded.';
comment on column filplus.edition5_audit_states.dc_allocated_at is 'UTC; null when not recorded.';
comment on column filplus.edition5_audit_states.outcome is 'As mapped by compliance §2.3.';
comment on column filplus.edition5_audit_states.datacap_amount_pib is 'PiB; null when not recorded.';
comment on column filplus.edition5_audit_times.series is 'conversation, audit or allocation.';
comment on column filplus.edition5_audit_times.round is 'From 1.';
comment on column filplus.edition5_audit_times.average_seconds is 'Whole seconds.';
comment on column filplus.edition5_pathways.allocator_id is 'Actor id f0….';
comment on column filplus.edition5_pathways.type_of_allocator is 'Such as Manual or Automatic.';
comment on column filplus.edition5_pathways.pathway is 'Such as Manual Pathway MetaAllocator.';
comment on column filplus.edition5_monthly_outcomes.month is 'First day of the month.';
comment on column filplus.edition5_monthly_outcomes.outcome is 'As mapped by compliance §2.3.';
comment on column filplus.edition5_monthly_outcomes.audits is 'Number of allocators whose last audit had this outcome.';
comment on column filplus.edition5_monthly_outcomes.datacap_pib is 'Their datacap in PiB.';
"""

WHAT = {
    "allocator_registry": (
        "One row per allocator of the governance repository''s folder Allocators (edition 6).",
        "An audit of it failed; for a file of the old scheme (NNNN.json), its status is not Active.",
    ),
    "allocator_registry_archive": (
        "One row per allocator of the governance repository''s folder Allocator_Archive (edition 5).",
        "Its status is not Active.",
    ),
}


def upgrade() -> None:
    op.execute(RAW)
    grant("usage on schema raw_github", "cdp_writer")
    grant("select, insert, update, delete on all tables in schema raw_github", "cdp_writer")
    grant("usage on all sequences in schema raw_github", "cdp_writer")
    default_privilege("raw_github", "select, insert, update, delete on tables", "cdp_writer")
    default_privilege("raw_github", "usage on sequences", "cdp_writer")
    for table, (what, rejected) in WHAT.items():
        op.execute(REGISTRY.format(table=table, what=what, rejected=rejected))
    op.execute(BOOKKEEPING)
    op.execute(ISSUES)
    op.execute(EDITION5)
    grant("usage on schema raw_edition5", "cdp_writer")
    grant("select, insert on raw_edition5.files", "cdp_writer")
    grant("select on ops.registry_issues", "api_ro", "analyst", "metrics")


def downgrade() -> None:
    op.execute(
        "drop table filplus.edition5_monthly_outcomes, filplus.edition5_pathways, "
        "filplus.edition5_audit_times, filplus.edition5_audit_states, ops.registry_issues, "
        "filplus.allocator_client_bookkeeping, filplus.allocator_registry_archive, "
        "filplus.allocator_registry, raw_github.answers"
    )
    op.execute("drop schema raw_github, raw_edition5 cascade")
