"""Reports, checks, scores, weekly compliance and alerts (compliance §5.3, §6.2 to §6.6).

A report and all its rows are written in one transaction and never change: a trigger and the grants
refuse it. Children carry no foreign key: a night writes some 1.5 million of them together with
their parents, and nothing can delete a parent.
"""

from pathlib import Path

from alembic import op

from migrations.grants import grant, revoke

revision = "0010"
down_revision = "0009"

RULES = """
create table filplus.rule_version (
    version integer primary key check (version > 0),
    content_hash text not null,
    effective_from date not null,
    rules jsonb not null,
    first_used_at timestamp(3) not null
);
comment on table filplus.rule_version is
    'One row per version of scoring_rules.yaml that a report was ever made with: what its rule_version stands for.';
"""

PROVIDER_COLUMNS = """
    provider text not null,
    total_deal_size bigint not null,
    unique_data_size bigint not null,
    retrievability_success_rate double precision,
    retrievability_success_rate_http double precision,
    retrievability_success_rate_url_finder double precision,
    consistent_retrievability double precision,
    inconsistent_retrievability double precision,
    ttfb double precision,
    bandwidth double precision,
    ipni_reporting_status text not null
        check (ipni_reporting_status in ('OK', 'MISREPORTING', 'NOT_REPORTING')),
    ipni_reported_claims_count bigint,
    claims_count bigint
"""

LOCATION_COLUMNS = """
    provider text not null,
    ip text,
    city text,
    region text,
    country text,
    loc text,
    org text,
    postal text,
    timezone text,
    hostname text
"""

CLIENT_REPORTS = f"""
create table filplus.client_report (
    id bigint primary key,
    report_id uuid not null unique,
    create_date timestamp(3) not null,
    client text not null,
    client_address text,
    allocators text[] not null,
    avg_secs_to_first_deal double precision,
    organization_name text,
    application_url text,
    is_public_dataset boolean,
    using_client_contract boolean not null,
    client_contract_max_deviation text,
    storage_provider_ids_declared text[] not null,
    available_datacap numeric,
    last_datacap_spent timestamp(3),
    last_datacap_received timestamp(3),
    low_replica_threshold integer,
    high_replica_threshold integer,
    allocator_required_copies text,
    allocator_required_sps text,
    total_requested_amount numeric,
    expected_size_of_single_dataset numeric,
    total_uniq_data_set_size bigint not null,
    report_day date not null,
    rule_version integer not null,
    code_version text not null,
    inputs_hash text not null
);
create index on filplus.client_report (client, create_date desc, id desc);
create index on filplus.client_report (report_day);
create table filplus.client_report_storage_provider_distribution (
    client_report_id bigint not null,
    {PROVIDER_COLUMNS},
    declared_in_application_file boolean,
    piece_working_url text,
    primary key (client_report_id, provider)
);
create table filplus.client_report_storage_provider_distribution_location (
    client_report_id bigint not null,
    {LOCATION_COLUMNS},
    primary key (client_report_id, provider)
);
create table filplus.client_report_replica_distribution (
    client_report_id bigint not null,
    num_of_replicas integer not null,
    total_deal_size bigint not null,
    unique_data_size bigint not null,
    percentage double precision not null,
    primary key (client_report_id, num_of_replicas)
);
create table filplus.client_report_cid_sharing (
    client_report_id bigint not null,
    other_client text not null,
    total_deal_size bigint not null,
    unique_cid_count integer not null,
    other_client_application_url text,
    primary key (client_report_id, other_client)
);
create table filplus.client_report_check_result (
    id uuid generated always as (
        (lpad(to_hex(client_report_id), 16, '0') || left(md5("check"), 16))::uuid
    ) stored primary key,
    client_report_id bigint not null,
    create_date timestamp(3) not null,
    "check" text not null,
    result boolean not null,
    metadata jsonb not null,
    unique ("check", client_report_id)
);
create index on filplus.client_report_check_result (client_report_id, create_date);
"""

ALLOCATOR_REPORTS = f"""
create table filplus.allocator_report (
    id uuid primary key,
    create_date timestamp(3) not null,
    allocator text not null,
    address text,
    name text,
    multisig boolean not null,
    clients_number integer not null,
    avg_secs_to_first_deal double precision,
    avg_retrievability_success_rate double precision,
    avg_retrievability_success_rate_http double precision,
    avg_retrievability_success_rate_url_finder double precision,
    data_types text[] not null,
    audit text[] not null,
    required_copies text,
    required_sps text,
    all_allocators_score_avg double precision,
    data_type text check (data_type in ('openData', 'enterprise')),
    is_metaallocator boolean not null,
    first_audit_ended_at timestamp(3),
    report_day date not null,
    rule_version integer not null,
    code_version text not null,
    inputs_hash text not null,
    input_watermarks jsonb not null
);
create index on filplus.allocator_report (allocator, create_date desc, id desc);
create index on filplus.allocator_report (address, create_date desc);
create index on filplus.allocator_report (report_day);
create table filplus.allocator_report_client (
    allocator_report_id uuid not null,
    client_id text not null,
    name text,
    allocators text[] not null,
    allocations_number integer not null,
    total_allocations numeric not null,
    application_url text,
    application_timestamp timestamp(3),
    using_client_contract boolean not null,
    client_contract_max_deviation text,
    expected_size_of_single_dataset numeric,
    total_uniq_data_set_size bigint,
    last_datacap_spent timestamp(3),
    last_datacap_received timestamp(3),
    primary key (allocator_report_id, client_id)
);
create table filplus.allocator_report_client_replica_distribution (
    allocator_report_id uuid not null,
    client_id text not null,
    num_of_replicas integer not null,
    total_deal_size bigint not null,
    unique_data_size bigint not null,
    percentage double precision not null,
    primary key (allocator_report_id, client_id, num_of_replicas)
);
create table filplus.allocator_report_client_cid_sharing (
    allocator_report_id uuid not null,
    client_id text not null,
    other_client text not null,
    total_deal_size bigint not null,
    unique_cid_count integer not null,
    other_client_application_url text,
    primary key (allocator_report_id, client_id, other_client)
);
create table filplus.allocator_report_client_allocation (
    allocator_report_id uuid not null,
    client_id text not null,
    allocation_number integer not null,
    allocation numeric not null check (allocation <> 0),
    timestamp timestamp(3) not null,
    primary key (allocator_report_id, client_id, allocation_number)
);
create table filplus.allocator_report_storage_provider_distribution (
    allocator_report_id uuid not null,
    client_id text not null,
    {PROVIDER_COLUMNS},
    perc_of_total_datacap double precision not null,
    primary key (allocator_report_id, client_id, provider)
);
create table filplus.allocator_report_storage_provider_distribution_location (
    allocator_report_id uuid not null,
    {LOCATION_COLUMNS},
    primary key (allocator_report_id, provider)
);
create table filplus.allocator_report_check_result (
    id uuid generated always as (
        md5(allocator_report_id::text || '/' || "check")::uuid
    ) stored primary key,
    allocator_report_id uuid not null,
    create_date timestamp(3) not null,
    "check" text not null,
    check_name text,
    check_description text,
    result boolean,
    metadata jsonb not null,
    unique ("check", allocator_report_id)
);
create index on filplus.allocator_report_check_result (allocator_report_id, create_date);
"""

SCORES = """
create table filplus.allocator_report_scoring_result (
    id uuid primary key,
    allocator_report_id uuid not null,
    create_date timestamp(3) not null,
    score integer not null check (score >= 0),
    metric text not null,
    metric_name text not null,
    metric_description text not null,
    metric_value double precision not null,
    metric_average double precision,
    metric_unit text,
    metric_value_min double precision not null,
    metric_value_max double precision,
    metadata text[] not null,
    unique (metric, allocator_report_id)
);
create index on filplus.allocator_report_scoring_result (allocator_report_id);
create table filplus.allocator_report_scoring_result_range (
    id uuid primary key,
    scoring_result_id uuid not null references filplus.allocator_report_scoring_result,
    metric_value_min double precision,
    metric_value_max double precision,
    score integer not null check (score >= 0)
);
create index on filplus.allocator_report_scoring_result_range (scoring_result_id);
create table filplus.allocator_score_explained (
    allocator_report_id uuid not null,
    allocator text not null,
    report_day date not null,
    data_type text not null check (data_type in ('openData', 'enterprise')),
    component text not null,
    state text not null check (state in ('measured', 'not measured', 'excluded')),
    raw_value double precision not null,
    sample_size integer not null check (sample_size >= 0),
    range_min double precision,
    range_max double precision,
    base_points integer not null check (base_points >= 0),
    weight integer not null check (weight >= 0),
    points integer not null check (points = base_points * weight),
    largest_points integer not null check (largest_points >= points),
    peers_average double precision,
    peer_values double precision[] not null,
    input_watermarks jsonb not null,
    rule_version integer not null,
    code_version text not null,
    primary key (allocator_report_id, component),
    check ((state = 'excluded') = (weight = 0))
);
create index on filplus.allocator_score_explained (allocator, report_day desc);
comment on column filplus.allocator_score_explained.state is
    'measured: there were samples. not measured: there were none, the value is the default that the rules then give. excluded: the component does not count for this type of allocator.';
comment on column filplus.allocator_score_explained.peer_values is
    'What the component was compared with: newest values of the other allocators; for retrievability those of all, this report included, 0 to 1.';
"""

DERIVED = """
create table filplus.storage_provider_compliance_weekly (
    week timestamp(3) not null,
    provider text not null,
    num_of_clients integer not null,
    biggest_client_total_deal_size bigint not null,
    total_deal_size bigint not null,
    retrievability double precision not null,
    is_open_data boolean not null,
    open_data_average double precision,
    overall_average double precision,
    is_above_open_data_average boolean not null,
    is_above_overall_average boolean not null,
    has_enough_clients boolean not null,
    is_spread boolean not null,
    compliance_score text not null,
    overall_compliance_score text not null,
    rule_version integer not null,
    primary key (week, provider),
    check (compliance_score in ('compliant', 'partiallyCompliant', 'nonCompliant')),
    check (overall_compliance_score in ('compliant', 'partiallyCompliant', 'nonCompliant'))
);
create table filplus.allocator_compliance_weekly (
    week timestamp(3) not null,
    allocator text not null,
    check_retrievability boolean not null,
    check_number_of_clients boolean not null,
    check_total_deal_size boolean not null,
    total_datacap bigint not null,
    total_sps integer not null,
    compliant_sps_percentage double precision not null,
    partially_compliant_sps_percentage double precision not null,
    non_compliant_sps_percentage double precision not null,
    threshold_percentage double precision not null,
    compliance_score text not null,
    rule_version integer not null,
    primary key (week, allocator, check_retrievability, check_number_of_clients,
        check_total_deal_size),
    check (compliance_score in ('compliant', 'partiallyCompliant', 'nonCompliant'))
);
create table filplus.compliance_alerts (
    entity_type text not null check (entity_type in ('allocator', 'client', 'provider')),
    entity_id text not null,
    rule text not null,
    since timestamp(3) not null,
    value text not null,
    "limit" text not null,
    evidence_query text not null,
    primary key (entity_type, entity_id, rule)
);
comment on table filplus.compliance_alerts is
    'One row per allocator, client or provider and rule that it breaks in its newest report or week. No row: it breaks none, or it has no report.';
comment on column filplus.compliance_alerts.since is
    'UTC: first report or week of the unbroken run of failures that lasts.';
"""

COMMENTS = Path(__file__).with_name("0010_comments.sql")

GUARD = """
create function filplus.refuse_report_change() returns trigger
language plpgsql as $$
begin
    raise exception 'rows of %.% never change: a rule change makes a new report instead',
        tg_table_schema, tg_table_name;
end
$$;
"""

APPEND_ONLY = (
    "rule_version",
    "client_report",
    "client_report_storage_provider_distribution",
    "client_report_storage_provider_distribution_location",
    "client_report_replica_distribution",
    "client_report_cid_sharing",
    "client_report_check_result",
    "allocator_report",
    "allocator_report_client",
    "allocator_report_client_replica_distribution",
    "allocator_report_client_cid_sharing",
    "allocator_report_client_allocation",
    "allocator_report_storage_provider_distribution",
    "allocator_report_storage_provider_distribution_location",
    "allocator_report_check_result",
    "allocator_report_scoring_result",
    "allocator_report_scoring_result_range",
    "allocator_score_explained",
)
REWRITTEN = (
    "storage_provider_compliance_weekly",
    "allocator_compliance_weekly",
    "compliance_alerts",
)


def upgrade() -> None:
    for part in (RULES, CLIENT_REPORTS, ALLOCATOR_REPORTS, SCORES, DERIVED, GUARD):
        op.execute(part)
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger refuse_change before update or delete or truncate on filplus.{table} "
            "for each statement execute function filplus.refuse_report_change()"
        )
        revoke(f"update, delete, truncate on filplus.{table}", "cdp_writer")
    for table in (*APPEND_ONLY, *REWRITTEN):
        grant(f"select on filplus.{table}", "api_ro", "analyst")
    op.execute(COMMENTS.read_text(encoding="utf-8"))


def downgrade() -> None:
    for table in reversed((*APPEND_ONLY, *REWRITTEN)):
        op.execute(f"drop table filplus.{table}")
    op.execute("drop function filplus.refuse_report_change()")
