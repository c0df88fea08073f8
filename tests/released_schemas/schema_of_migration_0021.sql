
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA api_v1;

ALTER SCHEMA api_v1 OWNER TO cdp_owner;

CREATE SCHEMA audit;

ALTER SCHEMA audit OWNER TO cdp_owner;

CREATE SCHEMA filplus;

ALTER SCHEMA filplus OWNER TO cdp_owner;

CREATE SCHEMA governance;

ALTER SCHEMA governance OWNER TO cdp_owner;

CREATE SCHEMA intermediate;

ALTER SCHEMA intermediate OWNER TO cdp_owner;

CREATE SCHEMA ops;

ALTER SCHEMA ops OWNER TO cdp_owner;

CREATE SCHEMA raw_dmob;

ALTER SCHEMA raw_dmob OWNER TO cdp_owner;

CREATE SCHEMA raw_edition5;

ALTER SCHEMA raw_edition5 OWNER TO cdp_owner;

CREATE SCHEMA raw_filscan;

ALTER SCHEMA raw_filscan OWNER TO cdp_owner;

CREATE SCHEMA raw_filspark;

ALTER SCHEMA raw_filspark OWNER TO cdp_owner;

CREATE SCHEMA raw_github;

ALTER SCHEMA raw_github OWNER TO cdp_owner;

CREATE SCHEMA raw_ipinfo;

ALTER SCHEMA raw_ipinfo OWNER TO cdp_owner;

CREATE SCHEMA raw_ipni;

ALTER SCHEMA raw_ipni OWNER TO cdp_owner;

CREATE SCHEMA raw_lotus;

ALTER SCHEMA raw_lotus OWNER TO cdp_owner;

CREATE SCHEMA raw_url_finder;

ALTER SCHEMA raw_url_finder OWNER TO cdp_owner;

CREATE SCHEMA staging;

ALTER SCHEMA staging OWNER TO cdp_owner;

CREATE SCHEMA validators;

ALTER SCHEMA validators OWNER TO cdp_owner;

CREATE FUNCTION filplus.ipni_reporting_status(reported numeric, actual numeric) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
    select case
        when coalesce(reported, 0) = 0 then 'NOT_REPORTING'
        when reported < 0.5 * actual then 'MISREPORTING'
        else 'OK'
    end
$$;

ALTER FUNCTION filplus.ipni_reporting_status(reported numeric, actual numeric) OWNER TO cdp_owner;

COMMENT ON FUNCTION filplus.ipni_reporting_status(reported numeric, actual numeric) IS 'IPNI status of a provider (compliance §6.7). reported: advertised entries, null without peer id or advertisement; actual: claims, null without any.';

CREATE FUNCTION filplus.refuse_report_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'rows of %.% never change: a rule change makes a new report instead',
        tg_table_schema, tg_table_name;
end
$$;

ALTER FUNCTION filplus.refuse_report_change() OWNER TO cdp_owner;

CREATE FUNCTION governance.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'rows of %.% never change: add an override or withdraw one',
        tg_table_schema, tg_table_name;
end
$$;

ALTER FUNCTION governance.refuse_change() OWNER TO cdp_owner;

CREATE FUNCTION ops.bump_version(p_asset_key text, p_run_id text) RETURNS bigint
    LANGUAGE sql
    AS $$
    insert into ops.asset_version as v (asset_key, version, materialized_at, run_id)
    values (p_asset_key, 1, clock_timestamp(), p_run_id)
    on conflict (asset_key) do update
        set version = v.version + 1, materialized_at = clock_timestamp(), run_id = p_run_id
    returning version
$$;

ALTER FUNCTION ops.bump_version(p_asset_key text, p_run_id text) OWNER TO cdp_owner;

COMMENT ON FUNCTION ops.bump_version(p_asset_key text, p_run_id text) IS 'Raise the version of an asset by one, in the transaction that writes its rows; the row lock puts commits of one asset in the order of their versions.';

CREATE FUNCTION staging.jsonb_or_null(p_text text) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
    return p_text::jsonb;
exception
    when data_exception or program_limit_exceeded then
        return null;
end
$$;

ALTER FUNCTION staging.jsonb_or_null(p_text text) OWNER TO cdp_owner;

COMMENT ON FUNCTION staging.jsonb_or_null(p_text text) IS 'The text as jsonb, null where Postgres cannot hold it (no JSON, a zero character, a number beyond numeric).';

CREATE FUNCTION validators.add_chain(p_chain_id text) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    parent text;
    leaf text;
begin
    foreach parent in array array[
        'canonical_periods', 'canonical_validator_identities', 'canonical_validator_fees'
    ] loop
        leaf := parent || '__' || replace(p_chain_id, '-', '_');
        if to_regclass('validators.' || quote_ident(leaf)) is null then
            execute format(
                'create table validators.%I partition of validators.%I for values in (%L)',
                leaf, parent, p_chain_id
            );
            execute format(
                'create trigger refuse_truncate before truncate on validators.%I '
                'execute function validators.refuse_truncate()',
                leaf
            );
        end if;
    end loop;
end
$$;

ALTER FUNCTION validators.add_chain(p_chain_id text) OWNER TO cdp_owner;

COMMENT ON FUNCTION validators.add_chain(p_chain_id text) IS 'Make the leaves of a chain; does nothing where they exist. Leaves carry no grant of their own.';

SET default_tablespace = '';

CREATE TABLE validators.canonical_periods (
    chain_id text NOT NULL,
    period_id text NOT NULL,
    period_ordinal bigint,
    period_type text,
    start_slot bigint,
    end_slot bigint,
    start_block bigint,
    end_block bigint,
    start_ts timestamp with time zone,
    end_ts timestamp with time zone,
    status text,
    finalized_at timestamp with time zone,
    version integer NOT NULL,
    is_current boolean NOT NULL,
    is_void boolean DEFAULT false NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone,
    superseded_by integer,
    source_provider text NOT NULL,
    source_payload_id uuid,
    normalized_at timestamp with time zone NOT NULL,
    config_hash text NOT NULL,
    content_hash text NOT NULL,
    quality_flags text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT canonical_periods_check CHECK ((start_slot <= end_slot)),
    CONSTRAINT canonical_periods_check1 CHECK ((start_ts <= end_ts)),
    CONSTRAINT canonical_periods_check2 CHECK ((superseded_at >= recorded_at)),
    CONSTRAINT canonical_periods_check3 CHECK ((superseded_by = (version + 1))),
    CONSTRAINT canonical_periods_check4 CHECK ((is_current = (superseded_at IS NULL))),
    CONSTRAINT canonical_periods_check5 CHECK (((superseded_at IS NULL) = (superseded_by IS NULL))),
    CONSTRAINT canonical_periods_check6 CHECK (
CASE
    WHEN is_void THEN ((period_ordinal IS NULL) AND (period_type IS NULL) AND (start_slot IS NULL) AND (end_slot IS NULL) AND (status IS NULL))
    ELSE ((period_ordinal IS NOT NULL) AND (period_type IS NOT NULL) AND (start_slot IS NOT NULL) AND (end_slot IS NOT NULL) AND (status IS NOT NULL))
END),
    CONSTRAINT canonical_periods_period_type_check CHECK ((period_type = ANY (ARRAY['EPOCH'::text, 'BLOCK_WINDOW'::text, 'SLOT_RANGE'::text]))),
    CONSTRAINT canonical_periods_status_check CHECK ((status = ANY (ARRAY['OPEN'::text, 'ENDED'::text, 'FINAL'::text, 'CLOSED'::text]))),
    CONSTRAINT canonical_periods_version_check CHECK ((version > 0))
)
PARTITION BY LIST (chain_id);

ALTER TABLE validators.canonical_periods OWNER TO cdp_owner;

COMMENT ON TABLE validators.canonical_periods IS 'One row per chain, period and version: slots (inclusive) and status. Times are those of the first and last produced block; null while OPEN, or where the node kept no history.';

CREATE FUNCTION validators.canonical_periods_as_of(instant timestamp with time zone) RETURNS SETOF validators.canonical_periods
    LANGUAGE sql STABLE
    AS $$ select * from validators.canonical_periods where recorded_at <= instant and (superseded_at is null or superseded_at > instant) $$;

ALTER FUNCTION validators.canonical_periods_as_of(instant timestamp with time zone) OWNER TO cdp_owner;

COMMENT ON FUNCTION validators.canonical_periods_as_of(instant timestamp with time zone) IS 'The versions that were current at an instant, tombstones (is_void) included. Of two versions with one recorded_at only the later is ever seen.';

CREATE TABLE validators.canonical_validator_fees (
    chain_id text NOT NULL,
    period_id text NOT NULL,
    validator_key text NOT NULL,
    total_fees_native numeric(78,0),
    fee_count bigint,
    base_fees_native numeric(78,0),
    priority_fees_native numeric(78,0),
    blocks_produced bigint,
    leader_slots bigint,
    version integer NOT NULL,
    is_current boolean NOT NULL,
    is_void boolean DEFAULT false NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone,
    superseded_by integer,
    source_provider text NOT NULL,
    source_payload_id uuid,
    normalized_at timestamp with time zone NOT NULL,
    config_hash text NOT NULL,
    content_hash text NOT NULL,
    quality_flags text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT canonical_validator_fees_base_fees_native_check CHECK ((base_fees_native >= (0)::numeric)),
    CONSTRAINT canonical_validator_fees_blocks_produced_check CHECK ((blocks_produced >= 0)),
    CONSTRAINT canonical_validator_fees_check CHECK ((leader_slots >= blocks_produced)),
    CONSTRAINT canonical_validator_fees_check1 CHECK ((superseded_at >= recorded_at)),
    CONSTRAINT canonical_validator_fees_check2 CHECK ((superseded_by = (version + 1))),
    CONSTRAINT canonical_validator_fees_check3 CHECK ((is_current = (superseded_at IS NULL))),
    CONSTRAINT canonical_validator_fees_check4 CHECK (((superseded_at IS NULL) = (superseded_by IS NULL))),
    CONSTRAINT canonical_validator_fees_check5 CHECK (
CASE
    WHEN is_void THEN ((total_fees_native IS NULL) AND (fee_count IS NULL))
    ELSE ((total_fees_native IS NOT NULL) AND (fee_count IS NOT NULL))
END),
    CONSTRAINT canonical_validator_fees_fee_count_check CHECK ((fee_count >= 0)),
    CONSTRAINT canonical_validator_fees_priority_fees_native_check CHECK ((priority_fees_native >= (0)::numeric)),
    CONSTRAINT canonical_validator_fees_total_fees_native_check CHECK ((total_fees_native >= (0)::numeric)),
    CONSTRAINT canonical_validator_fees_version_check CHECK ((version > 0))
)
PARTITION BY LIST (chain_id);

ALTER TABLE validators.canonical_validator_fees OWNER TO cdp_owner;

COMMENT ON TABLE validators.canonical_validator_fees IS 'One row per chain, period, validator and version: fee income of a validator that had leader slots, in the chain''s smallest unit, after burn. No row: no leader slots, or the period was not observed.';

COMMENT ON COLUMN validators.canonical_validator_fees.total_fees_native IS 'Sum of the leader''s rewards of type Fee, over all identities of the validator in the period.';

COMMENT ON COLUMN validators.canonical_validator_fees.fee_count IS 'Blocks that carry a Fee reward.';

COMMENT ON COLUMN validators.canonical_validator_fees.base_fees_native IS 'Null: the source does not tell base and priority fees apart.';

COMMENT ON COLUMN validators.canonical_validator_fees.priority_fees_native IS 'Null: the source does not tell base and priority fees apart.';

CREATE FUNCTION validators.canonical_validator_fees_as_of(instant timestamp with time zone) RETURNS SETOF validators.canonical_validator_fees
    LANGUAGE sql STABLE
    AS $$ select * from validators.canonical_validator_fees where recorded_at <= instant and (superseded_at is null or superseded_at > instant) $$;

ALTER FUNCTION validators.canonical_validator_fees_as_of(instant timestamp with time zone) OWNER TO cdp_owner;

COMMENT ON FUNCTION validators.canonical_validator_fees_as_of(instant timestamp with time zone) IS 'The versions that were current at an instant, tombstones (is_void) included. Of two versions with one recorded_at only the later is ever seen.';

CREATE TABLE validators.canonical_validator_identities (
    chain_id text NOT NULL,
    period_id text NOT NULL,
    validator_key text NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    version integer NOT NULL,
    is_current boolean NOT NULL,
    is_void boolean DEFAULT false NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    superseded_at timestamp with time zone,
    superseded_by integer,
    source_provider text NOT NULL,
    source_payload_id uuid,
    normalized_at timestamp with time zone NOT NULL,
    config_hash text NOT NULL,
    content_hash text NOT NULL,
    quality_flags text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT canonical_validator_identities_check CHECK ((superseded_at >= recorded_at)),
    CONSTRAINT canonical_validator_identities_check1 CHECK ((superseded_by = (version + 1))),
    CONSTRAINT canonical_validator_identities_check2 CHECK ((is_current = (superseded_at IS NULL))),
    CONSTRAINT canonical_validator_identities_check3 CHECK (((superseded_at IS NULL) = (superseded_by IS NULL))),
    CONSTRAINT canonical_validator_identities_is_void_check CHECK (
CASE
    WHEN is_void THEN true
    ELSE true
END),
    CONSTRAINT canonical_validator_identities_kind_check CHECK ((kind = ANY (ARRAY['vote'::text, 'identity'::text, 'pubkey'::text, 'index'::text, 'fee_recipient'::text, 'withdrawal'::text]))),
    CONSTRAINT canonical_validator_identities_version_check CHECK ((version > 0))
)
PARTITION BY LIST (chain_id);

ALTER TABLE validators.canonical_validator_identities OWNER TO cdp_owner;

COMMENT ON TABLE validators.canonical_validator_identities IS 'One row per chain, period, validator, kind and value: by which keys a validator was known in that period. On Solana a validator is its vote account. No row: not observed in that period.';

CREATE FUNCTION validators.canonical_validator_identities_as_of(instant timestamp with time zone) RETURNS SETOF validators.canonical_validator_identities
    LANGUAGE sql STABLE
    AS $$ select * from validators.canonical_validator_identities where recorded_at <= instant and (superseded_at is null or superseded_at > instant) $$;

ALTER FUNCTION validators.canonical_validator_identities_as_of(instant timestamp with time zone) OWNER TO cdp_owner;

COMMENT ON FUNCTION validators.canonical_validator_identities_as_of(instant timestamp with time zone) IS 'The versions that were current at an instant, tombstones (is_void) included. Of two versions with one recorded_at only the later is ever seen.';

CREATE FUNCTION validators.refuse_truncate() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'rows of %.% are never deleted: write a new version instead',
        tg_table_schema, tg_table_name;
end
$$;

ALTER FUNCTION validators.refuse_truncate() OWNER TO cdp_owner;

CREATE FUNCTION validators.refuse_value_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if tg_op = 'DELETE' then
        raise exception 'rows of %.% are never deleted: write a new version instead',
            tg_table_schema, tg_table_name;
    end if;
    if not old.is_current or new.is_current then
        raise exception 'a version of %.% is closed once and stays closed',
            tg_table_schema, tg_table_name;
    end if;
    if (to_jsonb(old) - array['is_current', 'superseded_at', 'superseded_by'])
        is distinct from (to_jsonb(new) - array['is_current', 'superseded_at', 'superseded_by'])
    then
        raise exception 'values of %.% never change: write a new version instead',
            tg_table_schema, tg_table_name;
    end if;
    return new;
end
$$;

ALTER FUNCTION validators.refuse_value_change() OWNER TO cdp_owner;

SET default_table_access_method = heap;

CREATE TABLE filplus.allocator (
    id text NOT NULL,
    address text,
    name text,
    is_virtual boolean NOT NULL,
    is_metaallocator boolean NOT NULL
);

ALTER TABLE filplus.allocator OWNER TO cdp_owner;

COMMENT ON TABLE filplus.allocator IS 'One row per allocator that the source knows, removed ones included (compliance §3.15). Rewritten where the source changed; rows without an id cannot be placed and are left out.
';

COMMENT ON COLUMN filplus.allocator.id IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN filplus.allocator.address IS 'Robust address (f1, f2 or f4). Null when the source has none.';

COMMENT ON COLUMN filplus.allocator.name IS 'Name without surrounding spaces. Null when the source has none, an empty one or n/a.';

COMMENT ON COLUMN filplus.allocator.is_virtual IS 'Draws its datacap from a metaallocator. Never null.';

COMMENT ON COLUMN filplus.allocator.is_metaallocator IS 'Gives datacap to virtual allocators. Never null.';

CREATE TABLE ops.asset_partition_status (
    asset_key text NOT NULL,
    partition_key text NOT NULL,
    window_start timestamp with time zone,
    window_end timestamp with time zone,
    state text NOT NULL,
    is_final boolean NOT NULL,
    row_count bigint,
    version bigint,
    input_versions jsonb DEFAULT '{}'::jsonb NOT NULL,
    as_of timestamp with time zone,
    code_version text,
    run_id text,
    materialized_at timestamp with time zone,
    last_failed_at timestamp with time zone,
    error_code text,
    error_message text,
    CONSTRAINT asset_partition_status_check CHECK ((window_start < window_end)),
    CONSTRAINT asset_partition_status_state_check CHECK ((state = ANY (ARRAY['MATERIALIZED'::text, 'CHECK_FAILED'::text, 'FAILED'::text, 'NOT_OBSERVED'::text])))
);

ALTER TABLE ops.asset_partition_status OWNER TO cdp_owner;

COMMENT ON TABLE ops.asset_partition_status IS 'One row per asset and partition ('''' for an unpartitioned asset). The state is that of the rows being served: a failed attempt on a good partition keeps MATERIALIZED and sets last_failed_at and error_*.';

COMMENT ON COLUMN ops.asset_partition_status.window_start IS 'UTC, inclusive; null for partitions that are not time windows.';

COMMENT ON COLUMN ops.asset_partition_status.window_end IS 'UTC, exclusive; null for partitions that are not time windows.';

COMMENT ON COLUMN ops.asset_partition_status.is_final IS 'The window had ended at as_of; rows change only if a source row of the window changes.';

COMMENT ON COLUMN ops.asset_partition_status.row_count IS 'Rows of the partition; null when nothing was ever written.';

COMMENT ON COLUMN ops.asset_partition_status.version IS 'ops.asset_version of the write; null when nothing was ever written.';

COMMENT ON COLUMN ops.asset_partition_status.input_versions IS 'Versions of the upstream assets as they stood before the rows were read, by asset key.';

COMMENT ON COLUMN ops.asset_partition_status.as_of IS 'The clock of the run that wrote the rows (CDP_AS_OF or the present).';

CREATE VIEW api_v1.allocator WITH (security_invoker='true') AS
 SELECT id,
    address,
    name,
    is_virtual,
    is_metaallocator,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator;

ALTER VIEW api_v1.allocator OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator IS 'filplus.allocator as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator.id IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN api_v1.allocator.address IS 'Robust address (f1, f2 or f4). Null when the source has none.';

COMMENT ON COLUMN api_v1.allocator.name IS 'Name without surrounding spaces. Null when the source has none, an empty one or n/a.';

COMMENT ON COLUMN api_v1.allocator.is_virtual IS 'Draws its datacap from a metaallocator. Never null.';

COMMENT ON COLUMN api_v1.allocator.is_metaallocator IS 'Gives datacap to virtual allocators. Never null.';

COMMENT ON COLUMN api_v1.allocator.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocator_client_stats_daily (
    allocator_id text NOT NULL,
    date timestamp(3) without time zone NOT NULL,
    number_of_clients integer NOT NULL,
    returning_clients_percentage numeric CONSTRAINT allocator_client_stats_dail_returning_clients_percenta_not_null NOT NULL,
    average_seconds_to_first_deal integer
);

ALTER TABLE filplus.allocator_client_stats_daily OWNER TO cdp_owner;

COMMENT ON TABLE filplus.allocator_client_stats_daily IS 'One row per UTC day and registered allocator: its clients so far, how many returned, and how long they waited for their first deal, as counted on that day (compliance §3.19). Rejected entries and metaallocators have no row. The day of the clock is counted anew in each run; a past day stays as it was, and one that was not counted has no row.
';

COMMENT ON COLUMN filplus.allocator_client_stats_daily.allocator_id IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN filplus.allocator_client_stats_daily.date IS 'Day 00:00 UTC on which it was counted.';

COMMENT ON COLUMN filplus.allocator_client_stats_daily.number_of_clients IS 'Clients that were granted datacap. Never null.';

COMMENT ON COLUMN filplus.allocator_client_stats_daily.returning_clients_percentage IS 'Share 0 to 1 of clients with more than one grant; 0 without clients.';

COMMENT ON COLUMN filplus.allocator_client_stats_daily.average_seconds_to_first_deal IS 'Mean seconds from a grant to the first hour at or after it in which the client has a deal. Null when no grant was followed by one.';

CREATE VIEW api_v1.allocator_client_stats_daily WITH (security_invoker='true') AS
 SELECT allocator_id,
    (date)::date AS date,
    number_of_clients,
    returning_clients_percentage,
    average_seconds_to_first_deal,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_client_stats_daily'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_client_stats_daily;

ALTER VIEW api_v1.allocator_client_stats_daily OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_client_stats_daily IS 'filplus.allocator_client_stats_daily as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_client_stats_daily.allocator_id IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN api_v1.allocator_client_stats_daily.date IS 'Day 00:00 UTC on which it was counted.';

COMMENT ON COLUMN api_v1.allocator_client_stats_daily.number_of_clients IS 'Clients that were granted datacap. Never null.';

COMMENT ON COLUMN api_v1.allocator_client_stats_daily.returning_clients_percentage IS 'Share 0 to 1 of clients with more than one grant; 0 without clients.';

COMMENT ON COLUMN api_v1.allocator_client_stats_daily.average_seconds_to_first_deal IS 'Mean seconds from a grant to the first hour at or after it in which the client has a deal. Null when no grant was followed by one.';

COMMENT ON COLUMN api_v1.allocator_client_stats_daily.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocator_registry (
    allocator_id text NOT NULL,
    allocator_address text NOT NULL,
    json_path text NOT NULL,
    registry_info json NOT NULL,
    rejected boolean DEFAULT false NOT NULL,
    data_type text NOT NULL,
    status text,
    metapathway_type text,
    audit text[],
    data_types text[],
    required_sps text,
    required_replicas text,
    tranche_schedule text,
    bookkeeping_repository text,
    audits jsonb NOT NULL,
    first_audit_ended_at timestamp(3) without time zone,
    approved_at timestamp(3) without time zone,
    blob_sha text NOT NULL,
    CONSTRAINT allocator_registry_data_type_check CHECK ((data_type = ANY (ARRAY['openData'::text, 'enterprise'::text])))
);

ALTER TABLE filplus.allocator_registry OWNER TO cdp_owner;

COMMENT ON TABLE filplus.allocator_registry IS 'One row per allocator of the governance repository''s folder Allocators (edition 6). The first five columns are those of compliance §3.18; the others are read from registry_info.';

COMMENT ON COLUMN filplus.allocator_registry.allocator_id IS 'Actor id f0…, as the file names it, else as the source database knows it for the address.';

COMMENT ON COLUMN filplus.allocator_registry.allocator_address IS 'Address of the multisig, else of the allocator, else as the source database knows it.';

COMMENT ON COLUMN filplus.allocator_registry.json_path IS 'Path of the file in the governance repository.';

COMMENT ON COLUMN filplus.allocator_registry.registry_info IS 'The file as it is.';

COMMENT ON COLUMN filplus.allocator_registry.rejected IS 'An audit of it failed; for a file of the old scheme (NNNN.json), its status is not Active.';

COMMENT ON COLUMN filplus.allocator_registry.data_type IS 'enterprise when an element of application.audit is one of the enterprise audits, else openData, also without any (compliance §1.4).';

COMMENT ON COLUMN filplus.allocator_registry.status IS 'State of the allocator in the old scheme; null in the present one.';

COMMENT ON COLUMN filplus.allocator_registry.metapathway_type IS 'Pathway; two vocabularies occur. Null when absent.';

COMMENT ON COLUMN filplus.allocator_registry.audit IS 'application.audit, trimmed; null when absent.';

COMMENT ON COLUMN filplus.allocator_registry.data_types IS 'application.data_types, trimmed; null when absent.';

COMMENT ON COLUMN filplus.allocator_registry.required_sps IS 'First number of application.required_sps; null when it holds none.';

COMMENT ON COLUMN filplus.allocator_registry.required_replicas IS 'First number of application.required_replicas; null when it holds none.';

COMMENT ON COLUMN filplus.allocator_registry.tranche_schedule IS 'How the allocator says that it grants; null when absent.';

COMMENT ON COLUMN filplus.allocator_registry.bookkeeping_repository IS 'owner/name on GitHub; null when there is none or it is kept elsewhere.';

COMMENT ON COLUMN filplus.allocator_registry.audits IS 'List in the file''s order of started, ended, dc_allocated (UTC texts or null), outcome as mapped by compliance §2.3, datacap_amount_pib (number or null).';

COMMENT ON COLUMN filplus.allocator_registry.first_audit_ended_at IS 'UTC; null when the first audit is open or there is none.';

COMMENT ON COLUMN filplus.allocator_registry.approved_at IS 'history.Approved, UTC; null when absent.';

COMMENT ON COLUMN filplus.allocator_registry.blob_sha IS 'Git''s name of the file''s content that the row was read from.';

CREATE TABLE filplus.allocator_registry_archive (
    allocator_id text NOT NULL,
    allocator_address text NOT NULL,
    json_path text NOT NULL,
    registry_info json NOT NULL,
    rejected boolean DEFAULT false NOT NULL,
    data_type text NOT NULL,
    status text,
    metapathway_type text,
    audit text[],
    data_types text[],
    required_sps text,
    required_replicas text,
    tranche_schedule text,
    bookkeeping_repository text,
    audits jsonb NOT NULL,
    first_audit_ended_at timestamp(3) without time zone,
    approved_at timestamp(3) without time zone,
    blob_sha text NOT NULL,
    CONSTRAINT allocator_registry_archive_data_type_check CHECK ((data_type = ANY (ARRAY['openData'::text, 'enterprise'::text])))
);

ALTER TABLE filplus.allocator_registry_archive OWNER TO cdp_owner;

COMMENT ON TABLE filplus.allocator_registry_archive IS 'One row per allocator of the governance repository''s folder Allocator_Archive (edition 5). The first five columns are those of compliance §3.18; the others are read from registry_info.';

COMMENT ON COLUMN filplus.allocator_registry_archive.allocator_id IS 'Actor id f0…, as the file names it, else as the source database knows it for the address.';

COMMENT ON COLUMN filplus.allocator_registry_archive.allocator_address IS 'Address of the multisig, else of the allocator, else as the source database knows it.';

COMMENT ON COLUMN filplus.allocator_registry_archive.json_path IS 'Path of the file in the governance repository.';

COMMENT ON COLUMN filplus.allocator_registry_archive.registry_info IS 'The file as it is.';

COMMENT ON COLUMN filplus.allocator_registry_archive.rejected IS 'Its status is not Active.';

COMMENT ON COLUMN filplus.allocator_registry_archive.data_type IS 'enterprise when an element of application.audit is one of the enterprise audits, else openData, also without any (compliance §1.4).';

COMMENT ON COLUMN filplus.allocator_registry_archive.status IS 'State of the allocator in the old scheme; null in the present one.';

COMMENT ON COLUMN filplus.allocator_registry_archive.metapathway_type IS 'Pathway; two vocabularies occur. Null when absent.';

COMMENT ON COLUMN filplus.allocator_registry_archive.audit IS 'application.audit, trimmed; null when absent.';

COMMENT ON COLUMN filplus.allocator_registry_archive.data_types IS 'application.data_types, trimmed; null when absent.';

COMMENT ON COLUMN filplus.allocator_registry_archive.required_sps IS 'First number of application.required_sps; null when it holds none.';

COMMENT ON COLUMN filplus.allocator_registry_archive.required_replicas IS 'First number of application.required_replicas; null when it holds none.';

COMMENT ON COLUMN filplus.allocator_registry_archive.tranche_schedule IS 'How the allocator says that it grants; null when absent.';

COMMENT ON COLUMN filplus.allocator_registry_archive.bookkeeping_repository IS 'owner/name on GitHub; null when there is none or it is kept elsewhere.';

COMMENT ON COLUMN filplus.allocator_registry_archive.audits IS 'List in the file''s order of started, ended, dc_allocated (UTC texts or null), outcome as mapped by compliance §2.3, datacap_amount_pib (number or null).';

COMMENT ON COLUMN filplus.allocator_registry_archive.first_audit_ended_at IS 'UTC; null when the first audit is open or there is none.';

COMMENT ON COLUMN filplus.allocator_registry_archive.approved_at IS 'history.Approved, UTC; null when absent.';

COMMENT ON COLUMN filplus.allocator_registry_archive.blob_sha IS 'Git''s name of the file''s content that the row was read from.';

CREATE TABLE filplus.allocator_sps_compliance_weekly (
    week timestamp(3) without time zone NOT NULL,
    allocator text NOT NULL,
    average_of text NOT NULL,
    check_retrievability boolean NOT NULL,
    check_number_of_clients boolean CONSTRAINT allocator_sps_compliance_weekl_check_number_of_clients_not_null NOT NULL,
    check_total_deal_size boolean NOT NULL,
    total_datacap bigint NOT NULL,
    total_sps integer NOT NULL,
    compliant_sps integer NOT NULL,
    partially_compliant_sps integer CONSTRAINT allocator_sps_compliance_weekl_partially_compliant_sps_not_null NOT NULL,
    non_compliant_sps integer NOT NULL,
    rule_version integer NOT NULL
);

ALTER TABLE filplus.allocator_sps_compliance_weekly OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.allocator_sps_compliance_weekly.week IS 'Monday 00:00 UTC.';

COMMENT ON COLUMN filplus.allocator_sps_compliance_weekly.allocator IS 'Allocator, f0 and a number.';

COMMENT ON COLUMN filplus.allocator_sps_compliance_weekly.average_of IS 'Whose mean retrievability is R: all providers, open_data (of any edition), open_data_edition_5 or open_data_edition_6: of non-rejected allocators of that edition.';

COMMENT ON COLUMN filplus.allocator_sps_compliance_weekly.check_retrievability IS 'The first test counts; off, it gives its point.';

COMMENT ON COLUMN filplus.allocator_sps_compliance_weekly.check_number_of_clients IS 'The second test counts; off, it gives its point.';

COMMENT ON COLUMN filplus.allocator_sps_compliance_weekly.check_total_deal_size IS 'The third test counts; off, it gives its point.';

COMMENT ON COLUMN filplus.allocator_sps_compliance_weekly.total_datacap IS 'Bytes granted to its clients up to the week.';

COMMENT ON COLUMN filplus.allocator_sps_compliance_weekly.total_sps IS 'Distinct providers of its clients up to the week.';

COMMENT ON COLUMN filplus.allocator_sps_compliance_weekly.compliant_sps IS 'Providers that pass every test that counts.';

COMMENT ON COLUMN filplus.allocator_sps_compliance_weekly.partially_compliant_sps IS 'Providers that pass some of the tests that count.';

COMMENT ON COLUMN filplus.allocator_sps_compliance_weekly.non_compliant_sps IS 'Providers that pass none; what then lacks to total_sps has no row in the week.';

COMMENT ON COLUMN filplus.allocator_sps_compliance_weekly.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

CREATE VIEW api_v1.allocator_compliance_by_threshold WITH (security_invoker='true') AS
 WITH weeks AS (
         SELECT allocator_sps_compliance_weekly.week,
            allocator_sps_compliance_weekly.allocator,
            allocator_sps_compliance_weekly.average_of,
            allocator_sps_compliance_weekly.check_retrievability,
            allocator_sps_compliance_weekly.check_number_of_clients,
            allocator_sps_compliance_weekly.check_total_deal_size,
            allocator_sps_compliance_weekly.total_datacap,
            allocator_sps_compliance_weekly.total_sps,
            allocator_sps_compliance_weekly.compliant_sps,
            allocator_sps_compliance_weekly.partially_compliant_sps,
            allocator_sps_compliance_weekly.non_compliant_sps,
            allocator_sps_compliance_weekly.rule_version
           FROM filplus.allocator_sps_compliance_weekly
        )
 SELECT (s.week)::date AS week,
    s.allocator,
    s.average_of,
    s.check_retrievability,
    s.check_number_of_clients,
    s.check_total_deal_size,
    s.total_datacap,
    s.total_sps,
    COALESCE(((100.0 * (s.compliant_sps)::numeric) / (NULLIF(s.total_sps, 0))::numeric), (0)::numeric) AS compliant_sps_percentage,
    COALESCE(((100.0 * (s.partially_compliant_sps)::numeric) / (NULLIF(s.total_sps, 0))::numeric), (0)::numeric) AS partially_compliant_sps_percentage,
    COALESCE(((100.0 * (s.non_compliant_sps)::numeric) / (NULLIF(s.total_sps, 0))::numeric), (0)::numeric) AS non_compliant_sps_percentage,
    c.threshold_above,
    c.threshold_to,
    c.compliance_score,
    (EXISTS ( SELECT
           FROM filplus.allocator_registry_archive g
          WHERE ((g.allocator_id = s.allocator) AND (NOT g.rejected)))) AS is_in_edition_5,
    (EXISTS ( SELECT
           FROM filplus.allocator_registry g
          WHERE ((g.allocator_id = s.allocator) AND (NOT g.rejected)))) AS is_in_edition_6,
    s.rule_version,
    ( SELECT s_1.as_of
           FROM ops.asset_partition_status s_1
          WHERE ((s_1.asset_key = 'filplus/allocator_sps_compliance_weekly'::text) AND (s_1.state = 'MATERIALIZED'::text))
          ORDER BY s_1.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM ((weeks s
     CROSS JOIN LATERAL ( SELECT COALESCE(((100.0 * (s.compliant_sps)::numeric) / (NULLIF(s.total_sps, 0))::numeric), (0)::numeric) AS compliant_to,
            COALESCE(((100.0 * ((s.compliant_sps + s.partially_compliant_sps))::numeric) / (NULLIF(s.total_sps, 0))::numeric), (0)::numeric) AS partially_to) e)
     CROSS JOIN LATERAL ( VALUES ('-Infinity'::numeric,e.compliant_to,'compliant'::text), (e.compliant_to,e.partially_to,'partiallyCompliant'::text), (e.partially_to,'Infinity'::numeric,'nonCompliant'::text)) c(threshold_above, threshold_to, compliance_score))
  WHERE (c.threshold_above < c.threshold_to);

ALTER VIEW api_v1.allocator_compliance_by_threshold OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_compliance_by_threshold IS 'One row per week, allocator, mean, combination of the three switches and class that some threshold gives: the class of threshold T stands in the row with threshold_above < T and T <= threshold_to (compliance §6.6).
';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.week IS 'Monday 00:00 UTC.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.allocator IS 'Allocator, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.average_of IS 'Whose mean retrievability is R: all providers, open_data (of any edition), open_data_edition_5 or open_data_edition_6: of non-rejected allocators of that edition.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.check_retrievability IS 'The first test counts; off, it gives its point.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.check_number_of_clients IS 'The second test counts; off, it gives its point.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.check_total_deal_size IS 'The third test counts; off, it gives its point.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.total_datacap IS 'Bytes granted to its clients up to the week.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.total_sps IS 'Distinct providers of its clients up to the week.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.compliant_sps_percentage IS 'Not truncated; 0 without providers.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.partially_compliant_sps_percentage IS 'Not truncated; 0 without providers.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.non_compliant_sps_percentage IS 'Not truncated; the rest has no row in the week.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.threshold_above IS 'Thresholds above this percentage give the class; -infinity: all small ones.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.threshold_to IS 'Up to this percentage, included; infinity: all large ones.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.compliance_score IS 'compliant, partiallyCompliant or nonCompliant.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.is_in_edition_5 IS 'The archive names the allocator and does not reject it.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.is_in_edition_6 IS 'The registry names the allocator and does not reject it.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN api_v1.allocator_compliance_by_threshold.data_as_of IS 'Clock of the run that made the newest partition of allocator_sps_compliance_weekly (null before the first).';

CREATE TABLE filplus.allocator_compliance_weekly (
    week timestamp(3) without time zone NOT NULL,
    allocator text NOT NULL,
    check_retrievability boolean NOT NULL,
    check_number_of_clients boolean NOT NULL,
    check_total_deal_size boolean NOT NULL,
    total_datacap bigint NOT NULL,
    total_sps integer NOT NULL,
    compliant_sps_percentage double precision NOT NULL,
    partially_compliant_sps_percentage double precision CONSTRAINT allocator_compliance_weekly_partially_compliant_sps_pe_not_null NOT NULL,
    non_compliant_sps_percentage double precision CONSTRAINT allocator_compliance_weekly_non_compliant_sps_percenta_not_null NOT NULL,
    threshold_percentage double precision NOT NULL,
    compliance_score text NOT NULL,
    rule_version integer NOT NULL,
    CONSTRAINT allocator_compliance_weekly_compliance_score_check CHECK ((compliance_score = ANY (ARRAY['compliant'::text, 'partiallyCompliant'::text, 'nonCompliant'::text])))
);

ALTER TABLE filplus.allocator_compliance_weekly OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.allocator_compliance_weekly.week IS 'Monday 00:00 UTC.';

COMMENT ON COLUMN filplus.allocator_compliance_weekly.allocator IS 'Allocator, f0 and a number.';

COMMENT ON COLUMN filplus.allocator_compliance_weekly.check_retrievability IS 'The first test counts; off, it gives its point.';

COMMENT ON COLUMN filplus.allocator_compliance_weekly.check_number_of_clients IS 'The second test counts; off, it gives its point.';

COMMENT ON COLUMN filplus.allocator_compliance_weekly.check_total_deal_size IS 'The third test counts; off, it gives its point.';

COMMENT ON COLUMN filplus.allocator_compliance_weekly.total_datacap IS 'Bytes granted to its clients up to the week.';

COMMENT ON COLUMN filplus.allocator_compliance_weekly.total_sps IS 'Distinct providers of its clients up to the week.';

COMMENT ON COLUMN filplus.allocator_compliance_weekly.compliant_sps_percentage IS 'Not truncated; 0 without providers.';

COMMENT ON COLUMN filplus.allocator_compliance_weekly.partially_compliant_sps_percentage IS 'Not truncated; 0 without providers.';

COMMENT ON COLUMN filplus.allocator_compliance_weekly.non_compliant_sps_percentage IS 'Not truncated; the rest has no row in the week.';

COMMENT ON COLUMN filplus.allocator_compliance_weekly.threshold_percentage IS 'Share that makes an allocator compliant.';

COMMENT ON COLUMN filplus.allocator_compliance_weekly.compliance_score IS 'compliant, partiallyCompliant or nonCompliant.';

COMMENT ON COLUMN filplus.allocator_compliance_weekly.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

CREATE VIEW api_v1.allocator_compliance_weekly WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    allocator,
    check_retrievability,
    check_number_of_clients,
    check_total_deal_size,
    total_datacap,
    total_sps,
    compliant_sps_percentage,
    partially_compliant_sps_percentage,
    non_compliant_sps_percentage,
    threshold_percentage,
    compliance_score,
    rule_version,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_compliance_weekly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_compliance_weekly;

ALTER VIEW api_v1.allocator_compliance_weekly OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_compliance_weekly IS 'filplus.allocator_compliance_weekly as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_compliance_weekly.week IS 'Monday 00:00 UTC.';

COMMENT ON COLUMN api_v1.allocator_compliance_weekly.allocator IS 'Allocator, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_compliance_weekly.check_retrievability IS 'The first test counts; off, it gives its point.';

COMMENT ON COLUMN api_v1.allocator_compliance_weekly.check_number_of_clients IS 'The second test counts; off, it gives its point.';

COMMENT ON COLUMN api_v1.allocator_compliance_weekly.check_total_deal_size IS 'The third test counts; off, it gives its point.';

COMMENT ON COLUMN api_v1.allocator_compliance_weekly.total_datacap IS 'Bytes granted to its clients up to the week.';

COMMENT ON COLUMN api_v1.allocator_compliance_weekly.total_sps IS 'Distinct providers of its clients up to the week.';

COMMENT ON COLUMN api_v1.allocator_compliance_weekly.compliant_sps_percentage IS 'Not truncated; 0 without providers.';

COMMENT ON COLUMN api_v1.allocator_compliance_weekly.partially_compliant_sps_percentage IS 'Not truncated; 0 without providers.';

COMMENT ON COLUMN api_v1.allocator_compliance_weekly.non_compliant_sps_percentage IS 'Not truncated; the rest has no row in the week.';

COMMENT ON COLUMN api_v1.allocator_compliance_weekly.threshold_percentage IS 'Share that makes an allocator compliant.';

COMMENT ON COLUMN api_v1.allocator_compliance_weekly.compliance_score IS 'compliant, partiallyCompliant or nonCompliant.';

COMMENT ON COLUMN api_v1.allocator_compliance_weekly.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN api_v1.allocator_compliance_weekly.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocator_report (
    id uuid NOT NULL,
    create_date timestamp(3) without time zone NOT NULL,
    allocator text NOT NULL,
    address text,
    name text,
    multisig boolean NOT NULL,
    clients_number integer NOT NULL,
    avg_secs_to_first_deal double precision,
    avg_retrievability_success_rate double precision,
    avg_retrievability_success_rate_http double precision,
    avg_retrievability_success_rate_url_finder double precision,
    data_types text[] NOT NULL,
    audit text[] NOT NULL,
    required_copies text,
    required_sps text,
    all_allocators_score_avg double precision,
    data_type text,
    is_metaallocator boolean NOT NULL,
    first_audit_ended_at timestamp(3) without time zone,
    report_day date NOT NULL,
    rule_version integer NOT NULL,
    code_version text NOT NULL,
    inputs_hash text NOT NULL,
    input_watermarks jsonb NOT NULL,
    input_overrides jsonb DEFAULT '[]'::jsonb NOT NULL,
    report_number bigint NOT NULL,
    CONSTRAINT allocator_report_data_type_check CHECK ((data_type = ANY (ARRAY['openData'::text, 'enterprise'::text]))),
    CONSTRAINT allocator_report_input_overrides_check CHECK ((jsonb_typeof(input_overrides) = 'array'::text))
);

ALTER TABLE filplus.allocator_report OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.allocator_report.id IS 'Key of the row.';

COMMENT ON COLUMN filplus.allocator_report.create_date IS 'Clock of the report, UTC.';

COMMENT ON COLUMN filplus.allocator_report.allocator IS 'Allocator, f0 and a number.';

COMMENT ON COLUMN filplus.allocator_report.address IS 'Robust address of the allocator; null when the source has none.';

COMMENT ON COLUMN filplus.allocator_report.name IS 'Name; null when nobody gives one.';

COMMENT ON COLUMN filplus.allocator_report.multisig IS 'The allocator''s address is a multisig.';

COMMENT ON COLUMN filplus.allocator_report.clients_number IS 'Client rows of the report.';

COMMENT ON COLUMN filplus.allocator_report.avg_secs_to_first_deal IS 'Mean seconds from a grant to the next hour with a deal; null: none.';

COMMENT ON COLUMN filplus.allocator_report.avg_retrievability_success_rate IS 'Never written: the source was removed; always null.';

COMMENT ON COLUMN filplus.allocator_report.avg_retrievability_success_rate_http IS 'Never written: the source was removed; always null.';

COMMENT ON COLUMN filplus.allocator_report.avg_retrievability_success_rate_url_finder IS 'Plain mean over provider rows, 0 to 1; one that was not measured counts as 0; null: no provider row.';

COMMENT ON COLUMN filplus.allocator_report.data_types IS 'Of the registry file.';

COMMENT ON COLUMN filplus.allocator_report.audit IS 'Of the registry file, trimmed.';

COMMENT ON COLUMN filplus.allocator_report.required_copies IS 'Of the registry file; null: none required.';

COMMENT ON COLUMN filplus.allocator_report.required_sps IS 'Of the registry file; null: none required.';

COMMENT ON COLUMN filplus.allocator_report.all_allocators_score_avg IS 'Mean total of the latest earlier scores of the same type of allocator; null: none.';

COMMENT ON COLUMN filplus.allocator_report.data_type IS 'openData or enterprise; null: no registry row of the present edition, no score.';

COMMENT ON COLUMN filplus.allocator_report.is_metaallocator IS 'It gives datacap to virtual allocators; never a peer.';

COMMENT ON COLUMN filplus.allocator_report.first_audit_ended_at IS 'Of the registry file, UTC; null: no audit, or it is open.';

COMMENT ON COLUMN filplus.allocator_report.report_day IS 'UTC day that the report is of.';

COMMENT ON COLUMN filplus.allocator_report.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN filplus.allocator_report.code_version IS 'Version of the code that made the row.';

COMMENT ON COLUMN filplus.allocator_report.inputs_hash IS 'SHA-256 of all inputs of the report.';

COMMENT ON COLUMN filplus.allocator_report.input_watermarks IS 'Version of each input table as it was read.';

COMMENT ON COLUMN filplus.allocator_report.input_overrides IS 'Overrides that the report was made with, one object each: override_id, entity_kind, entity_id, input_name, original_value, value_used, reason, requested_by, approver, expires_at; empty: none.';

COMMENT ON COLUMN filplus.allocator_report.report_number IS 'Number in the order of writing: the newest of an allocator is the last of its newest create_date.';

CREATE VIEW api_v1.allocator_report WITH (security_invoker='true') AS
 SELECT id,
    (create_date AT TIME ZONE 'UTC'::text) AS create_date,
    allocator,
    address,
    name,
    multisig,
    clients_number,
    avg_secs_to_first_deal,
    avg_retrievability_success_rate,
    avg_retrievability_success_rate_http,
    avg_retrievability_success_rate_url_finder,
    data_types,
    audit,
    required_copies,
    required_sps,
    all_allocators_score_avg,
    data_type,
    is_metaallocator,
    (first_audit_ended_at AT TIME ZONE 'UTC'::text) AS first_audit_ended_at,
    report_day,
    rule_version,
    code_version,
    inputs_hash,
    input_watermarks,
    input_overrides,
    report_number,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_report'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_report;

ALTER VIEW api_v1.allocator_report OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_report IS 'filplus.allocator_report as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_report.id IS 'Key of the row.';

COMMENT ON COLUMN api_v1.allocator_report.create_date IS 'Clock of the report, UTC.';

COMMENT ON COLUMN api_v1.allocator_report.allocator IS 'Allocator, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_report.address IS 'Robust address of the allocator; null when the source has none.';

COMMENT ON COLUMN api_v1.allocator_report.name IS 'Name; null when nobody gives one.';

COMMENT ON COLUMN api_v1.allocator_report.multisig IS 'The allocator''s address is a multisig.';

COMMENT ON COLUMN api_v1.allocator_report.clients_number IS 'Client rows of the report.';

COMMENT ON COLUMN api_v1.allocator_report.avg_secs_to_first_deal IS 'Mean seconds from a grant to the next hour with a deal; null: none.';

COMMENT ON COLUMN api_v1.allocator_report.avg_retrievability_success_rate IS 'Never written: the source was removed; always null.';

COMMENT ON COLUMN api_v1.allocator_report.avg_retrievability_success_rate_http IS 'Never written: the source was removed; always null.';

COMMENT ON COLUMN api_v1.allocator_report.avg_retrievability_success_rate_url_finder IS 'Plain mean over provider rows, 0 to 1; one that was not measured counts as 0; null: no provider row.';

COMMENT ON COLUMN api_v1.allocator_report.data_types IS 'Of the registry file.';

COMMENT ON COLUMN api_v1.allocator_report.audit IS 'Of the registry file, trimmed.';

COMMENT ON COLUMN api_v1.allocator_report.required_copies IS 'Of the registry file; null: none required.';

COMMENT ON COLUMN api_v1.allocator_report.required_sps IS 'Of the registry file; null: none required.';

COMMENT ON COLUMN api_v1.allocator_report.all_allocators_score_avg IS 'Mean total of the latest earlier scores of the same type of allocator; null: none.';

COMMENT ON COLUMN api_v1.allocator_report.data_type IS 'openData or enterprise; null: no registry row of the present edition, no score.';

COMMENT ON COLUMN api_v1.allocator_report.is_metaallocator IS 'It gives datacap to virtual allocators; never a peer.';

COMMENT ON COLUMN api_v1.allocator_report.first_audit_ended_at IS 'Of the registry file, UTC; null: no audit, or it is open.';

COMMENT ON COLUMN api_v1.allocator_report.report_day IS 'UTC day that the report is of.';

COMMENT ON COLUMN api_v1.allocator_report.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN api_v1.allocator_report.code_version IS 'Version of the code that made the row.';

COMMENT ON COLUMN api_v1.allocator_report.inputs_hash IS 'SHA-256 of all inputs of the report.';

COMMENT ON COLUMN api_v1.allocator_report.input_watermarks IS 'Version of each input table as it was read.';

COMMENT ON COLUMN api_v1.allocator_report.input_overrides IS 'Overrides that the report was made with, one object each: override_id, entity_kind, entity_id, input_name, original_value, value_used, reason, requested_by, approver, expires_at; empty: none.';

COMMENT ON COLUMN api_v1.allocator_report.report_number IS 'Number in the order of writing: the newest of an allocator is the last of its newest create_date.';

COMMENT ON COLUMN api_v1.allocator_report.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocator_report_check_result (
    id uuid GENERATED ALWAYS AS ((md5((((allocator_report_id)::text || '/'::text) || "check")))::uuid) STORED NOT NULL,
    allocator_report_id uuid NOT NULL,
    create_date timestamp(3) without time zone NOT NULL,
    "check" text NOT NULL,
    check_name text,
    check_description text,
    result boolean,
    metadata jsonb NOT NULL
);

ALTER TABLE filplus.allocator_report_check_result OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.allocator_report_check_result.id IS 'Key of the row.';

COMMENT ON COLUMN filplus.allocator_report_check_result.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN filplus.allocator_report_check_result.create_date IS 'Clock of the report, UTC.';

COMMENT ON COLUMN filplus.allocator_report_check_result."check" IS 'Code of the check.';

COMMENT ON COLUMN filplus.allocator_report_check_result.check_name IS 'What people call the check.';

COMMENT ON COLUMN filplus.allocator_report_check_result.check_description IS 'What the check claims.';

COMMENT ON COLUMN filplus.allocator_report_check_result.result IS 'The check passed.';

COMMENT ON COLUMN filplus.allocator_report_check_result.metadata IS 'Message, ids that violate, and limits.';

CREATE VIEW api_v1.allocator_report_check_result WITH (security_invoker='true') AS
 SELECT id,
    allocator_report_id,
    (create_date AT TIME ZONE 'UTC'::text) AS create_date,
    "check",
    check_name,
    check_description,
    result,
    metadata,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_report_check_result'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_report_check_result;

ALTER VIEW api_v1.allocator_report_check_result OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_report_check_result IS 'filplus.allocator_report_check_result as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_report_check_result.id IS 'Key of the row.';

COMMENT ON COLUMN api_v1.allocator_report_check_result.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN api_v1.allocator_report_check_result.create_date IS 'Clock of the report, UTC.';

COMMENT ON COLUMN api_v1.allocator_report_check_result."check" IS 'Code of the check.';

COMMENT ON COLUMN api_v1.allocator_report_check_result.check_name IS 'What people call the check.';

COMMENT ON COLUMN api_v1.allocator_report_check_result.check_description IS 'What the check claims.';

COMMENT ON COLUMN api_v1.allocator_report_check_result.result IS 'The check passed.';

COMMENT ON COLUMN api_v1.allocator_report_check_result.metadata IS 'Message, ids that violate, and limits.';

COMMENT ON COLUMN api_v1.allocator_report_check_result.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocator_report_client (
    allocator_report_id uuid NOT NULL,
    client_id text NOT NULL,
    name text,
    allocators text[] NOT NULL,
    allocations_number integer NOT NULL,
    total_allocations numeric NOT NULL,
    application_url text,
    application_timestamp timestamp(3) without time zone,
    using_client_contract boolean NOT NULL,
    client_contract_max_deviation text,
    expected_size_of_single_dataset numeric,
    total_uniq_data_set_size bigint,
    last_datacap_spent timestamp(3) without time zone,
    last_datacap_received timestamp(3) without time zone
);

ALTER TABLE filplus.allocator_report_client OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.allocator_report_client.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN filplus.allocator_report_client.client_id IS 'Client, f0 and a number.';

COMMENT ON COLUMN filplus.allocator_report_client.name IS 'Name; null when nobody gives one.';

COMMENT ON COLUMN filplus.allocator_report_client.allocators IS 'All allocators of the client, by row id of the source.';

COMMENT ON COLUMN filplus.allocator_report_client.allocations_number IS 'Grants of this allocator to the client.';

COMMENT ON COLUMN filplus.allocator_report_client.total_allocations IS 'Bytes granted by this allocator.';

COMMENT ON COLUMN filplus.allocator_report_client.application_url IS 'Of the first allowance; null: none.';

COMMENT ON COLUMN filplus.allocator_report_client.application_timestamp IS 'Time of the first allowance''s issue, UTC; null: unknown.';

COMMENT ON COLUMN filplus.allocator_report_client.using_client_contract IS 'A smart contract acts for the client.';

COMMENT ON COLUMN filplus.allocator_report_client.client_contract_max_deviation IS 'Of the contract, percent as text; null: none or not seen.';

COMMENT ON COLUMN filplus.allocator_report_client.expected_size_of_single_dataset IS 'Bytes of the application; null: absent or not a size.';

COMMENT ON COLUMN filplus.allocator_report_client.total_uniq_data_set_size IS 'Unique bytes over all numbers of replicas.';

COMMENT ON COLUMN filplus.allocator_report_client.last_datacap_spent IS 'Newest hour with a deal, UTC; null: none.';

COMMENT ON COLUMN filplus.allocator_report_client.last_datacap_received IS 'Newest allowance message, UTC; null: none.';

CREATE VIEW api_v1.allocator_report_client WITH (security_invoker='true') AS
 SELECT allocator_report_id,
    client_id,
    name,
    allocators,
    allocations_number,
    total_allocations,
    application_url,
    (application_timestamp AT TIME ZONE 'UTC'::text) AS application_timestamp,
    using_client_contract,
    client_contract_max_deviation,
    expected_size_of_single_dataset,
    total_uniq_data_set_size,
    (last_datacap_spent AT TIME ZONE 'UTC'::text) AS last_datacap_spent,
    (last_datacap_received AT TIME ZONE 'UTC'::text) AS last_datacap_received,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_report_client'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_report_client;

ALTER VIEW api_v1.allocator_report_client OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_report_client IS 'filplus.allocator_report_client as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_report_client.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN api_v1.allocator_report_client.client_id IS 'Client, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_report_client.name IS 'Name; null when nobody gives one.';

COMMENT ON COLUMN api_v1.allocator_report_client.allocators IS 'All allocators of the client, by row id of the source.';

COMMENT ON COLUMN api_v1.allocator_report_client.allocations_number IS 'Grants of this allocator to the client.';

COMMENT ON COLUMN api_v1.allocator_report_client.total_allocations IS 'Bytes granted by this allocator.';

COMMENT ON COLUMN api_v1.allocator_report_client.application_url IS 'Of the first allowance; null: none.';

COMMENT ON COLUMN api_v1.allocator_report_client.application_timestamp IS 'Time of the first allowance''s issue, UTC; null: unknown.';

COMMENT ON COLUMN api_v1.allocator_report_client.using_client_contract IS 'A smart contract acts for the client.';

COMMENT ON COLUMN api_v1.allocator_report_client.client_contract_max_deviation IS 'Of the contract, percent as text; null: none or not seen.';

COMMENT ON COLUMN api_v1.allocator_report_client.expected_size_of_single_dataset IS 'Bytes of the application; null: absent or not a size.';

COMMENT ON COLUMN api_v1.allocator_report_client.total_uniq_data_set_size IS 'Unique bytes over all numbers of replicas.';

COMMENT ON COLUMN api_v1.allocator_report_client.last_datacap_spent IS 'Newest hour with a deal, UTC; null: none.';

COMMENT ON COLUMN api_v1.allocator_report_client.last_datacap_received IS 'Newest allowance message, UTC; null: none.';

COMMENT ON COLUMN api_v1.allocator_report_client.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocator_report_client_allocation (
    allocator_report_id uuid NOT NULL,
    client_id text NOT NULL,
    allocation_number integer NOT NULL,
    allocation numeric NOT NULL,
    "timestamp" timestamp(3) without time zone NOT NULL,
    CONSTRAINT allocator_report_client_allocation_allocation_check CHECK ((allocation <> (0)::numeric))
);

ALTER TABLE filplus.allocator_report_client_allocation OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.allocator_report_client_allocation.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN filplus.allocator_report_client_allocation.client_id IS 'Client, f0 and a number.';

COMMENT ON COLUMN filplus.allocator_report_client_allocation.allocation_number IS '1, 2, ... by time, then size.';

COMMENT ON COLUMN filplus.allocator_report_client_allocation.allocation IS 'Bytes, never 0; negative: a removal.';

COMMENT ON COLUMN filplus.allocator_report_client_allocation."timestamp" IS 'Time of the allowance message, else of its block, UTC.';

CREATE VIEW api_v1.allocator_report_client_allocation WITH (security_invoker='true') AS
 SELECT allocator_report_id,
    client_id,
    allocation_number,
    allocation,
    ("timestamp" AT TIME ZONE 'UTC'::text) AS "timestamp",
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_report_client_allocation'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_report_client_allocation;

ALTER VIEW api_v1.allocator_report_client_allocation OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_report_client_allocation IS 'filplus.allocator_report_client_allocation as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_report_client_allocation.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN api_v1.allocator_report_client_allocation.client_id IS 'Client, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_report_client_allocation.allocation_number IS '1, 2, ... by time, then size.';

COMMENT ON COLUMN api_v1.allocator_report_client_allocation.allocation IS 'Bytes, never 0; negative: a removal.';

COMMENT ON COLUMN api_v1.allocator_report_client_allocation."timestamp" IS 'Time of the allowance message, else of its block, UTC.';

COMMENT ON COLUMN api_v1.allocator_report_client_allocation.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocator_report_client_cid_sharing (
    allocator_report_id uuid CONSTRAINT allocator_report_client_cid_sharin_allocator_report_id_not_null NOT NULL,
    client_id text NOT NULL,
    other_client text NOT NULL,
    total_deal_size bigint NOT NULL,
    unique_cid_count integer NOT NULL,
    other_client_application_url text
);

ALTER TABLE filplus.allocator_report_client_cid_sharing OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.allocator_report_client_cid_sharing.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN filplus.allocator_report_client_cid_sharing.client_id IS 'Client, f0 and a number.';

COMMENT ON COLUMN filplus.allocator_report_client_cid_sharing.other_client IS 'Client that holds the same pieces.';

COMMENT ON COLUMN filplus.allocator_report_client_cid_sharing.total_deal_size IS 'Bytes.';

COMMENT ON COLUMN filplus.allocator_report_client_cid_sharing.unique_cid_count IS 'Pieces that both hold.';

COMMENT ON COLUMN filplus.allocator_report_client_cid_sharing.other_client_application_url IS 'Of its first allowance; null: none.';

CREATE VIEW api_v1.allocator_report_client_cid_sharing WITH (security_invoker='true') AS
 SELECT allocator_report_id,
    client_id,
    other_client,
    total_deal_size,
    unique_cid_count,
    other_client_application_url,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_report_client_cid_sharing'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_report_client_cid_sharing;

ALTER VIEW api_v1.allocator_report_client_cid_sharing OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_report_client_cid_sharing IS 'filplus.allocator_report_client_cid_sharing as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_report_client_cid_sharing.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN api_v1.allocator_report_client_cid_sharing.client_id IS 'Client, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_report_client_cid_sharing.other_client IS 'Client that holds the same pieces.';

COMMENT ON COLUMN api_v1.allocator_report_client_cid_sharing.total_deal_size IS 'Bytes.';

COMMENT ON COLUMN api_v1.allocator_report_client_cid_sharing.unique_cid_count IS 'Pieces that both hold.';

COMMENT ON COLUMN api_v1.allocator_report_client_cid_sharing.other_client_application_url IS 'Of its first allowance; null: none.';

COMMENT ON COLUMN api_v1.allocator_report_client_cid_sharing.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocator_report_client_replica_distribution (
    allocator_report_id uuid CONSTRAINT allocator_report_client_replica_di_allocator_report_id_not_null NOT NULL,
    client_id text NOT NULL,
    num_of_replicas integer CONSTRAINT allocator_report_client_replica_distri_num_of_replicas_not_null NOT NULL,
    total_deal_size bigint CONSTRAINT allocator_report_client_replica_distri_total_deal_size_not_null NOT NULL,
    unique_data_size bigint CONSTRAINT allocator_report_client_replica_distr_unique_data_size_not_null NOT NULL,
    percentage double precision CONSTRAINT allocator_report_client_replica_distributio_percentage_not_null NOT NULL
);

ALTER TABLE filplus.allocator_report_client_replica_distribution OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.allocator_report_client_replica_distribution.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN filplus.allocator_report_client_replica_distribution.client_id IS 'Client, f0 and a number.';

COMMENT ON COLUMN filplus.allocator_report_client_replica_distribution.num_of_replicas IS 'Providers that hold the data.';

COMMENT ON COLUMN filplus.allocator_report_client_replica_distribution.total_deal_size IS 'Bytes.';

COMMENT ON COLUMN filplus.allocator_report_client_replica_distribution.unique_data_size IS 'Bytes, each piece once.';

COMMENT ON COLUMN filplus.allocator_report_client_replica_distribution.percentage IS 'Share of the client''s data, percent truncated to two decimals.';

CREATE VIEW api_v1.allocator_report_client_replica_distribution WITH (security_invoker='true') AS
 SELECT allocator_report_id,
    client_id,
    num_of_replicas,
    total_deal_size,
    unique_data_size,
    percentage,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_report_client_replica_distribution'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_report_client_replica_distribution;

ALTER VIEW api_v1.allocator_report_client_replica_distribution OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_report_client_replica_distribution IS 'filplus.allocator_report_client_replica_distribution as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_report_client_replica_distribution.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN api_v1.allocator_report_client_replica_distribution.client_id IS 'Client, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_report_client_replica_distribution.num_of_replicas IS 'Providers that hold the data.';

COMMENT ON COLUMN api_v1.allocator_report_client_replica_distribution.total_deal_size IS 'Bytes.';

COMMENT ON COLUMN api_v1.allocator_report_client_replica_distribution.unique_data_size IS 'Bytes, each piece once.';

COMMENT ON COLUMN api_v1.allocator_report_client_replica_distribution.percentage IS 'Share of the client''s data, percent truncated to two decimals.';

COMMENT ON COLUMN api_v1.allocator_report_client_replica_distribution.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocator_report_scoring_result (
    id uuid NOT NULL,
    allocator_report_id uuid NOT NULL,
    create_date timestamp(3) without time zone NOT NULL,
    score integer NOT NULL,
    metric text NOT NULL,
    metric_name text NOT NULL,
    metric_description text NOT NULL,
    metric_value double precision NOT NULL,
    metric_average double precision,
    metric_unit text,
    metric_value_min double precision NOT NULL,
    metric_value_max double precision,
    metadata text[] NOT NULL,
    CONSTRAINT allocator_report_scoring_result_score_check CHECK ((score >= 0))
);

ALTER TABLE filplus.allocator_report_scoring_result OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.allocator_report_scoring_result.id IS 'Key of the row.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result.create_date IS 'Clock of the report, UTC.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result.score IS 'Points times weight.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result.metric IS 'Code of the component.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result.metric_name IS 'What people call the component.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result.metric_description IS 'What the component measures.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result.metric_value IS 'In the component''s unit.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result.metric_average IS 'Of the peers, in the component''s unit; null: no peer.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result.metric_unit IS '% or null: a plain number.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result.metric_value_min IS 'Left end of the scale or range.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result.metric_value_max IS 'Right end of the scale or range; null: open.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result.metadata IS 'Message, ids that violate, and limits.';

CREATE VIEW api_v1.allocator_report_scoring_result WITH (security_invoker='true') AS
 SELECT id,
    allocator_report_id,
    (create_date AT TIME ZONE 'UTC'::text) AS create_date,
    score,
    metric,
    metric_name,
    metric_description,
    metric_value,
    metric_average,
    metric_unit,
    metric_value_min,
    metric_value_max,
    metadata,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_report_scoring_result'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_report_scoring_result;

ALTER VIEW api_v1.allocator_report_scoring_result OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_report_scoring_result IS 'filplus.allocator_report_scoring_result as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result.id IS 'Key of the row.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result.create_date IS 'Clock of the report, UTC.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result.score IS 'Points times weight.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result.metric IS 'Code of the component.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result.metric_name IS 'What people call the component.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result.metric_description IS 'What the component measures.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result.metric_value IS 'In the component''s unit.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result.metric_average IS 'Of the peers, in the component''s unit; null: no peer.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result.metric_unit IS '% or null: a plain number.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result.metric_value_min IS 'Left end of the scale or range.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result.metric_value_max IS 'Right end of the scale or range; null: open.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result.metadata IS 'Message, ids that violate, and limits.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocator_report_scoring_result_range (
    id uuid NOT NULL,
    scoring_result_id uuid CONSTRAINT allocator_report_scoring_result_rang_scoring_result_id_not_null NOT NULL,
    metric_value_min double precision,
    metric_value_max double precision,
    score integer NOT NULL,
    CONSTRAINT allocator_report_scoring_result_range_score_check CHECK ((score >= 0))
);

ALTER TABLE filplus.allocator_report_scoring_result_range OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.allocator_report_scoring_result_range.id IS 'Key of the row.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result_range.scoring_result_id IS 'Component in filplus.allocator_report_scoring_result.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result_range.metric_value_min IS 'Left end of the scale or range.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result_range.metric_value_max IS 'Right end of the scale or range; null: open.';

COMMENT ON COLUMN filplus.allocator_report_scoring_result_range.score IS 'Points times weight.';

CREATE VIEW api_v1.allocator_report_scoring_result_range WITH (security_invoker='true') AS
 SELECT id,
    scoring_result_id,
    metric_value_min,
    metric_value_max,
    score,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_report_scoring_result_range'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_report_scoring_result_range;

ALTER VIEW api_v1.allocator_report_scoring_result_range OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_report_scoring_result_range IS 'filplus.allocator_report_scoring_result_range as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result_range.id IS 'Key of the row.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result_range.scoring_result_id IS 'Component in filplus.allocator_report_scoring_result.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result_range.metric_value_min IS 'Left end of the scale or range.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result_range.metric_value_max IS 'Right end of the scale or range; null: open.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result_range.score IS 'Points times weight.';

COMMENT ON COLUMN api_v1.allocator_report_scoring_result_range.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocator_report_storage_provider_distribution (
    allocator_report_id uuid CONSTRAINT allocator_report_storage_provider__allocator_report_id_not_null NOT NULL,
    client_id text CONSTRAINT allocator_report_storage_provider_distributi_client_id_not_null NOT NULL,
    provider text CONSTRAINT allocator_report_storage_provider_distributio_provider_not_null NOT NULL,
    total_deal_size bigint CONSTRAINT allocator_report_storage_provider_dist_total_deal_size_not_null NOT NULL,
    unique_data_size bigint CONSTRAINT allocator_report_storage_provider_dis_unique_data_size_not_null NOT NULL,
    retrievability_success_rate double precision,
    retrievability_success_rate_http double precision,
    retrievability_success_rate_url_finder double precision,
    consistent_retrievability double precision,
    inconsistent_retrievability double precision,
    ttfb double precision,
    bandwidth double precision,
    ipni_reporting_status text CONSTRAINT allocator_report_storage_provide_ipni_reporting_status_not_null NOT NULL,
    ipni_reported_claims_count bigint,
    claims_count bigint,
    perc_of_total_datacap double precision CONSTRAINT allocator_report_storage_provide_perc_of_total_datacap_not_null NOT NULL,
    CONSTRAINT allocator_report_storage_provider_d_ipni_reporting_status_check CHECK ((ipni_reporting_status = ANY (ARRAY['OK'::text, 'MISREPORTING'::text, 'NOT_REPORTING'::text])))
);

ALTER TABLE filplus.allocator_report_storage_provider_distribution OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.client_id IS 'Client, f0 and a number.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.provider IS 'Storage provider, f0 and a number.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.total_deal_size IS 'Bytes.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.unique_data_size IS 'Bytes, each piece once.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.retrievability_success_rate IS 'Never written: the source was removed; always null.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.retrievability_success_rate_http IS 'Never written: the source was removed; always null.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.retrievability_success_rate_url_finder IS 'Newest measurement, 0 to 1; null: not measured.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.consistent_retrievability IS 'Share of valid CAR files, 0 to 1; null: not measured.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.inconsistent_retrievability IS '1 - consistent; null: not measured.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.ttfb IS 'Newest time to first byte, milliseconds; null: not measured.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.bandwidth IS 'Newest download speed, Mbps; null: not measured.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.ipni_reporting_status IS 'OK, MISREPORTING or NOT_REPORTING.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.ipni_reported_claims_count IS 'Advertised entries; null: no peer or no advertisement.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.claims_count IS 'Claims of the provider over all clients; null: none.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution.perc_of_total_datacap IS 'Share of the report''s data, percent truncated to two decimals.';

CREATE VIEW api_v1.allocator_report_storage_provider_distribution WITH (security_invoker='true') AS
 SELECT allocator_report_id,
    client_id,
    provider,
    total_deal_size,
    unique_data_size,
    retrievability_success_rate,
    retrievability_success_rate_http,
    retrievability_success_rate_url_finder,
    consistent_retrievability,
    inconsistent_retrievability,
    ttfb,
    bandwidth,
    ipni_reporting_status,
    ipni_reported_claims_count,
    claims_count,
    perc_of_total_datacap,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_report_storage_provider_distribution'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_report_storage_provider_distribution;

ALTER VIEW api_v1.allocator_report_storage_provider_distribution OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_report_storage_provider_distribution IS 'filplus.allocator_report_storage_provider_distribution as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.client_id IS 'Client, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.provider IS 'Storage provider, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.total_deal_size IS 'Bytes.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.unique_data_size IS 'Bytes, each piece once.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.retrievability_success_rate IS 'Never written: the source was removed; always null.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.retrievability_success_rate_http IS 'Never written: the source was removed; always null.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.retrievability_success_rate_url_finder IS 'Newest measurement, 0 to 1; null: not measured.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.consistent_retrievability IS 'Share of valid CAR files, 0 to 1; null: not measured.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.inconsistent_retrievability IS '1 - consistent; null: not measured.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.ttfb IS 'Newest time to first byte, milliseconds; null: not measured.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.bandwidth IS 'Newest download speed, Mbps; null: not measured.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.ipni_reporting_status IS 'OK, MISREPORTING or NOT_REPORTING.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.ipni_reported_claims_count IS 'Advertised entries; null: no peer or no advertisement.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.claims_count IS 'Claims of the provider over all clients; null: none.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.perc_of_total_datacap IS 'Share of the report''s data, percent truncated to two decimals.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocator_report_storage_provider_distribution_location (
    allocator_report_id uuid CONSTRAINT allocator_report_storage_provider_allocator_report_id_not_null1 NOT NULL,
    provider text CONSTRAINT allocator_report_storage_provider_distributi_provider_not_null1 NOT NULL,
    ip text,
    city text,
    region text,
    country text,
    loc text,
    org text,
    postal text,
    timezone text,
    hostname text
);

ALTER TABLE filplus.allocator_report_storage_provider_distribution_location OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution_location.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution_location.provider IS 'Storage provider, f0 and a number.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution_location.ip IS 'Address that the place is of; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution_location.city IS 'City; null: unknown.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution_location.region IS 'Region; null: unknown.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution_location.country IS 'Country code; null: unknown.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution_location.loc IS 'Latitude and longitude; null: unknown.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution_location.org IS 'Network that holds the address; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution_location.postal IS 'Postal code; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution_location.timezone IS 'Time zone; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN filplus.allocator_report_storage_provider_distribution_location.hostname IS 'Host name; never filled, always null.';

CREATE VIEW api_v1.allocator_report_storage_provider_distribution_location WITH (security_invoker='true') AS
 SELECT allocator_report_id,
    provider,
    ip,
    city,
    region,
    country,
    loc,
    org,
    postal,
    timezone,
    hostname,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_report_storage_provider_distribution_location'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_report_storage_provider_distribution_location;

ALTER VIEW api_v1.allocator_report_storage_provider_distribution_location OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_report_storage_provider_distribution_location IS 'filplus.allocator_report_storage_provider_distribution_location as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution_location.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution_location.provider IS 'Storage provider, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution_location.ip IS 'Address that the place is of; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution_location.city IS 'City; null: unknown.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution_location.region IS 'Region; null: unknown.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution_location.country IS 'Country code; null: unknown.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution_location.loc IS 'Latitude and longitude; null: unknown.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution_location.org IS 'Network that holds the address; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution_location.postal IS 'Postal code; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution_location.timezone IS 'Time zone; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution_location.hostname IS 'Host name; never filled, always null.';

COMMENT ON COLUMN api_v1.allocator_report_storage_provider_distribution_location.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocator_score_explained (
    allocator_report_id uuid NOT NULL,
    allocator text NOT NULL,
    report_day date NOT NULL,
    data_type text NOT NULL,
    component text NOT NULL,
    state text NOT NULL,
    raw_value double precision NOT NULL,
    sample_size integer NOT NULL,
    range_min double precision,
    range_max double precision,
    base_points integer NOT NULL,
    weight integer NOT NULL,
    points integer NOT NULL,
    largest_points integer NOT NULL,
    peers_average double precision,
    peer_values double precision[] NOT NULL,
    input_watermarks jsonb NOT NULL,
    rule_version integer NOT NULL,
    code_version text NOT NULL,
    CONSTRAINT allocator_score_explained_base_points_check CHECK ((base_points >= 0)),
    CONSTRAINT allocator_score_explained_check CHECK ((points = (base_points * weight))),
    CONSTRAINT allocator_score_explained_check1 CHECK ((largest_points >= points)),
    CONSTRAINT allocator_score_explained_check2 CHECK (((state = 'excluded'::text) = (weight = 0))),
    CONSTRAINT allocator_score_explained_data_type_check CHECK ((data_type = ANY (ARRAY['openData'::text, 'enterprise'::text]))),
    CONSTRAINT allocator_score_explained_sample_size_check CHECK ((sample_size >= 0)),
    CONSTRAINT allocator_score_explained_state_check CHECK ((state = ANY (ARRAY['measured'::text, 'not measured'::text, 'excluded'::text]))),
    CONSTRAINT allocator_score_explained_weight_check CHECK ((weight >= 0))
);

ALTER TABLE filplus.allocator_score_explained OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.allocator_score_explained.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN filplus.allocator_score_explained.allocator IS 'Allocator, f0 and a number.';

COMMENT ON COLUMN filplus.allocator_score_explained.report_day IS 'UTC day that the report is of.';

COMMENT ON COLUMN filplus.allocator_score_explained.data_type IS 'openData or enterprise; null: no registry row of the present edition, no score.';

COMMENT ON COLUMN filplus.allocator_score_explained.component IS 'Code of the component.';

COMMENT ON COLUMN filplus.allocator_score_explained.state IS 'measured: there were samples. not measured: there were none, the value is the default that the rules then give. excluded: the component does not count for this type of allocator.';

COMMENT ON COLUMN filplus.allocator_score_explained.raw_value IS 'In the component''s unit, before points.';

COMMENT ON COLUMN filplus.allocator_score_explained.sample_size IS 'Rows that the value is made of.';

COMMENT ON COLUMN filplus.allocator_score_explained.range_min IS 'Left end of the range that was hit.';

COMMENT ON COLUMN filplus.allocator_score_explained.range_max IS 'Right end of the range that was hit; null: open.';

COMMENT ON COLUMN filplus.allocator_score_explained.base_points IS 'Points of that range.';

COMMENT ON COLUMN filplus.allocator_score_explained.weight IS 'Factor for this type of allocator; 0: excluded.';

COMMENT ON COLUMN filplus.allocator_score_explained.points IS 'base_points times weight.';

COMMENT ON COLUMN filplus.allocator_score_explained.largest_points IS 'Most that the component can give this type of allocator.';

COMMENT ON COLUMN filplus.allocator_score_explained.peers_average IS 'What metric_average holds; null: no peer.';

COMMENT ON COLUMN filplus.allocator_score_explained.peer_values IS 'What the component was compared with: newest values of the other allocators; for retrievability those of all, this report included, 0 to 1.';

COMMENT ON COLUMN filplus.allocator_score_explained.input_watermarks IS 'Version of each input table as it was read.';

COMMENT ON COLUMN filplus.allocator_score_explained.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN filplus.allocator_score_explained.code_version IS 'Version of the code that made the row.';

CREATE VIEW api_v1.allocator_score_explained WITH (security_invoker='true') AS
 SELECT allocator_report_id,
    allocator,
    report_day,
    data_type,
    component,
    state,
    raw_value,
    sample_size,
    range_min,
    range_max,
    base_points,
    weight,
    points,
    largest_points,
    peers_average,
    peer_values,
    input_watermarks,
    rule_version,
    code_version,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_score_explained'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_score_explained;

ALTER VIEW api_v1.allocator_score_explained OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_score_explained IS 'filplus.allocator_score_explained as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_score_explained.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN api_v1.allocator_score_explained.allocator IS 'Allocator, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_score_explained.report_day IS 'UTC day that the report is of.';

COMMENT ON COLUMN api_v1.allocator_score_explained.data_type IS 'openData or enterprise; null: no registry row of the present edition, no score.';

COMMENT ON COLUMN api_v1.allocator_score_explained.component IS 'Code of the component.';

COMMENT ON COLUMN api_v1.allocator_score_explained.state IS 'measured: there were samples. not measured: there were none, the value is the default that the rules then give. excluded: the component does not count for this type of allocator.';

COMMENT ON COLUMN api_v1.allocator_score_explained.raw_value IS 'In the component''s unit, before points.';

COMMENT ON COLUMN api_v1.allocator_score_explained.sample_size IS 'Rows that the value is made of.';

COMMENT ON COLUMN api_v1.allocator_score_explained.range_min IS 'Left end of the range that was hit.';

COMMENT ON COLUMN api_v1.allocator_score_explained.range_max IS 'Right end of the range that was hit; null: open.';

COMMENT ON COLUMN api_v1.allocator_score_explained.base_points IS 'Points of that range.';

COMMENT ON COLUMN api_v1.allocator_score_explained.weight IS 'Factor for this type of allocator; 0: excluded.';

COMMENT ON COLUMN api_v1.allocator_score_explained.points IS 'base_points times weight.';

COMMENT ON COLUMN api_v1.allocator_score_explained.largest_points IS 'Most that the component can give this type of allocator.';

COMMENT ON COLUMN api_v1.allocator_score_explained.peers_average IS 'What metric_average holds; null: no peer.';

COMMENT ON COLUMN api_v1.allocator_score_explained.peer_values IS 'What the component was compared with: newest values of the other allocators; for retrievability those of all, this report included, 0 to 1.';

COMMENT ON COLUMN api_v1.allocator_score_explained.input_watermarks IS 'Version of each input table as it was read.';

COMMENT ON COLUMN api_v1.allocator_score_explained.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN api_v1.allocator_score_explained.code_version IS 'Version of the code that made the row.';

COMMENT ON COLUMN api_v1.allocator_score_explained.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocator_score_weekly (
    week timestamp(3) without time zone NOT NULL,
    month timestamp(3) without time zone NOT NULL,
    allocator text NOT NULL,
    metric text NOT NULL,
    allocator_report_id uuid NOT NULL,
    create_date timestamp(3) without time zone NOT NULL,
    data_type text NOT NULL,
    score integer NOT NULL,
    largest_score integer NOT NULL,
    score_percentage numeric NOT NULL,
    score_group text NOT NULL,
    rule_version integer NOT NULL,
    CONSTRAINT allocator_score_weekly_check CHECK ((largest_score >= score)),
    CONSTRAINT allocator_score_weekly_data_type_check CHECK ((data_type = ANY (ARRAY['openData'::text, 'enterprise'::text]))),
    CONSTRAINT allocator_score_weekly_score_group_check CHECK ((score_group = ANY (ARRAY['high'::text, 'medium'::text, 'low'::text])))
);

ALTER TABLE filplus.allocator_score_weekly OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.allocator_score_weekly.week IS 'Monday 00:00 UTC.';

COMMENT ON COLUMN filplus.allocator_score_weekly.month IS 'First of the month of the report, 00:00 UTC; a week across two months has rows of both.';

COMMENT ON COLUMN filplus.allocator_score_weekly.allocator IS 'Allocator, f0 and a number.';

COMMENT ON COLUMN filplus.allocator_score_weekly.metric IS 'Code of the component.';

COMMENT ON COLUMN filplus.allocator_score_weekly.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN filplus.allocator_score_weekly.create_date IS 'Clock of the report, UTC.';

COMMENT ON COLUMN filplus.allocator_score_weekly.data_type IS 'openData or enterprise; null: no registry row of the present edition, no score.';

COMMENT ON COLUMN filplus.allocator_score_weekly.score IS 'Points times weight.';

COMMENT ON COLUMN filplus.allocator_score_weekly.largest_score IS 'Most points that the component can give this type of allocator.';

COMMENT ON COLUMN filplus.allocator_score_weekly.score_percentage IS 'Points of the most possible, percent, not truncated; 100 where nothing is possible.';

COMMENT ON COLUMN filplus.allocator_score_weekly.score_group IS 'high, medium or low by the limits of the rules; api_v1 has the percentage for other limits.';

COMMENT ON COLUMN filplus.allocator_score_weekly.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

CREATE TABLE filplus.allocators_weekly_acc (
    week timestamp(3) without time zone NOT NULL,
    allocator text NOT NULL,
    num_of_clients integer NOT NULL,
    biggest_client_sum_of_allocations bigint CONSTRAINT allocators_weekly_acc_biggest_client_sum_of_allocation_not_null NOT NULL,
    total_sum_of_allocations bigint NOT NULL,
    avg_weighted_retrievability_success_rate double precision,
    avg_weighted_retrievability_success_rate_http double precision,
    avg_weighted_retrievability_success_rate_url_finder double precision
);

ALTER TABLE filplus.allocators_weekly_acc OWNER TO cdp_owner;

COMMENT ON TABLE filplus.allocators_weekly_acc IS 'One row per week and allocator: clients and bytes granted up to the end of the week, and the retrievability of the clients'' data (compliance §3.11). The weights are cumulative, the rates are those of providers with deals in the week (R-11). An allocator without a row has granted nothing so far.
';

COMMENT ON COLUMN filplus.allocators_weekly_acc.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN filplus.allocators_weekly_acc.allocator IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN filplus.allocators_weekly_acc.num_of_clients IS 'Clients with a grant of the allocator. Never null.';

COMMENT ON COLUMN filplus.allocators_weekly_acc.biggest_client_sum_of_allocations IS 'Bytes granted to the client with the most. Never null.';

COMMENT ON COLUMN filplus.allocators_weekly_acc.total_sum_of_allocations IS 'Bytes of datacap granted, negative corrections included. Never null.';

COMMENT ON COLUMN filplus.allocators_weekly_acc.avg_weighted_retrievability_success_rate IS 'Not written, always null; kept because the live table has it (compliance §3.11).';

COMMENT ON COLUMN filplus.allocators_weekly_acc.avg_weighted_retrievability_success_rate_http IS 'Not written, always null; kept because the live table has it (compliance §3.11).';

COMMENT ON COLUMN filplus.allocators_weekly_acc.avg_weighted_retrievability_success_rate_url_finder IS 'Retrievability 0 to 1 of the clients'' providers, each weighted by the client''s bytes there; a provider without deals in the week counts as 0, and so does an allocator without deals (compliance §3.11, R-11).';

CREATE VIEW api_v1.allocator_score_groups WITH (security_invoker='true') AS
 WITH periods AS (
         SELECT 'week'::text AS period_unit,
            s.week AS period,
            (s.week + '7 days'::interval) AS period_end,
            s.week,
            s.month,
            s.allocator,
            s.metric,
            s.allocator_report_id,
            s.create_date,
            s.data_type,
            s.score,
            s.largest_score,
            s.score_percentage,
            s.score_group,
            s.rule_version
           FROM filplus.allocator_score_weekly s
        UNION ALL
         SELECT 'month'::text,
            s.month,
            (s.month + '1 mon'::interval),
            s.week,
            s.month,
            s.allocator,
            s.metric,
            s.allocator_report_id,
            s.create_date,
            s.data_type,
            s.score,
            s.largest_score,
            s.score_percentage,
            s.score_group,
            s.rule_version
           FROM filplus.allocator_score_weekly s
        ), newest AS (
         SELECT DISTINCT ON (periods.period_unit, periods.period, periods.allocator, periods.metric) periods.period_unit,
            periods.period,
            periods.period_end,
            periods.week,
            periods.month,
            periods.allocator,
            periods.metric,
            periods.allocator_report_id,
            periods.create_date,
            periods.data_type,
            periods.score,
            periods.largest_score,
            periods.score_percentage,
            periods.score_group,
            periods.rule_version
           FROM periods
          ORDER BY periods.period_unit, periods.period, periods.allocator, periods.metric, periods.create_date DESC, periods.allocator_report_id DESC
        )
 SELECT n.period_unit,
    (n.period)::date AS period,
    n.metric,
    t.metric_name,
    t.metric_description,
    t.metric_unit,
    n.allocator,
    n.data_type,
    n.allocator_report_id,
    (n.create_date AT TIME ZONE 'UTC'::text) AS create_date,
    n.score,
    n.largest_score,
    n.score_percentage,
    n.score_group,
    COALESCE(w.total_sum_of_allocations, (0)::bigint) AS total_datacap,
    n.rule_version,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_score_weekly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM ((newest n
     LEFT JOIN filplus.allocator_report_scoring_result t ON (((t.allocator_report_id = n.allocator_report_id) AND (t.metric = n.metric))))
     LEFT JOIN LATERAL ( SELECT a.total_sum_of_allocations
           FROM filplus.allocators_weekly_acc a
          WHERE ((a.allocator = n.allocator) AND (a.week < n.period_end))
          ORDER BY a.week DESC
         LIMIT 1) w ON (true))
  WHERE ((EXISTS ( SELECT
           FROM filplus.allocator_registry g
          WHERE (g.allocator_id = n.allocator))) OR (EXISTS ( SELECT
           FROM filplus.allocator_registry_archive g
          WHERE (g.allocator_id = n.allocator))));

ALTER VIEW api_v1.allocator_score_groups OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_score_groups IS 'One row per week or month, allocator of registry or archive, and component: the newest report with scores of the period. score_group follows the limits of the rules; for other limits compare score_percentage (compliance §5.4).
';

COMMENT ON COLUMN api_v1.allocator_score_groups.period_unit IS 'week or month.';

COMMENT ON COLUMN api_v1.allocator_score_groups.period IS 'Monday of the week, or first day of the month, UTC.';

COMMENT ON COLUMN api_v1.allocator_score_groups.metric IS 'Code of the component.';

COMMENT ON COLUMN api_v1.allocator_score_groups.metric_name IS 'What people call the component.';

COMMENT ON COLUMN api_v1.allocator_score_groups.metric_description IS 'What the component measures.';

COMMENT ON COLUMN api_v1.allocator_score_groups.metric_unit IS '% or null: a plain number.';

COMMENT ON COLUMN api_v1.allocator_score_groups.allocator IS 'Allocator, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_score_groups.data_type IS 'Of the report: openData or enterprise.';

COMMENT ON COLUMN api_v1.allocator_score_groups.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN api_v1.allocator_score_groups.create_date IS 'Clock of the report, UTC.';

COMMENT ON COLUMN api_v1.allocator_score_groups.score IS 'Points times weight.';

COMMENT ON COLUMN api_v1.allocator_score_groups.largest_score IS 'Most points that the component can give this type of allocator.';

COMMENT ON COLUMN api_v1.allocator_score_groups.score_percentage IS 'Points of the most possible, percent, not truncated; 100 where nothing is possible.';

COMMENT ON COLUMN api_v1.allocator_score_groups.score_group IS 'high, medium or low by the limits of the rules.';

COMMENT ON COLUMN api_v1.allocator_score_groups.total_datacap IS 'Bytes granted up to the newest week that begins in or before the period; 0 without a row.';

COMMENT ON COLUMN api_v1.allocator_score_groups.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN api_v1.allocator_score_groups.data_as_of IS 'Clock of the run that made the newest partition of allocator_score_weekly (null before the first).';

CREATE TABLE filplus.rule_version (
    version integer NOT NULL,
    content_hash text NOT NULL,
    effective_from date NOT NULL,
    rules jsonb NOT NULL,
    first_used_at timestamp(3) without time zone NOT NULL,
    CONSTRAINT rule_version_version_check CHECK ((version > 0))
);

ALTER TABLE filplus.rule_version OWNER TO cdp_owner;

COMMENT ON TABLE filplus.rule_version IS 'One row per version of scoring_rules.yaml that a report, a class or an alert was ever made with: what its rule_version stands for.';

COMMENT ON COLUMN filplus.rule_version.version IS 'Version in scoring_rules.yaml.';

COMMENT ON COLUMN filplus.rule_version.content_hash IS 'SHA-256 of everything in the version that can change a result.';

COMMENT ON COLUMN filplus.rule_version.effective_from IS 'First UTC day that the version holds for.';

COMMENT ON COLUMN filplus.rule_version.rules IS 'The whole version as plain values.';

COMMENT ON COLUMN filplus.rule_version.first_used_at IS 'Clock of the first report that was made with it, UTC.';

CREATE VIEW api_v1.allocator_score_shares WITH (security_invoker='true') AS
 WITH reports AS (
         SELECT allocator_report.id,
            allocator_report.allocator,
            allocator_report.rule_version,
            (((allocator_report.create_date + '1 day'::interval) - '00:00:00.001'::interval))::date AS from_day,
            (((lead(allocator_report.create_date) OVER (PARTITION BY allocator_report.allocator ORDER BY allocator_report.create_date, allocator_report.report_number) + '1 day'::interval) - '00:00:00.001'::interval))::date AS before_day
           FROM filplus.allocator_report
        )
 SELECT r.allocator,
    r.id AS allocator_report_id,
    r.from_day,
    r.before_day,
    s.score_share,
        CASE
            WHEN (s.score_share >= (((v.rules -> 'derived'::text) ->> 'compliant_score_share'::text))::numeric) THEN 'compliant'::text
            WHEN (s.score_share <= (((v.rules -> 'derived'::text) ->> 'non_compliant_score_share'::text))::numeric) THEN 'nonCompliant'::text
            WHEN (s.score_share IS NOT NULL) THEN 'between'::text
            ELSE NULL::text
        END AS standing,
    r.rule_version,
    ( SELECT s_1.as_of
           FROM ops.asset_partition_status s_1
          WHERE ((s_1.asset_key = 'filplus/allocator_report'::text) AND (s_1.state = 'MATERIALIZED'::text))
          ORDER BY s_1.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM ((reports r
     LEFT JOIN filplus.rule_version v ON ((v.version = r.rule_version)))
     CROSS JOIN LATERAL ( SELECT ((sum(e.points))::numeric / (NULLIF(sum(e.largest_points), 0))::numeric) AS score_share
           FROM filplus.allocator_score_explained e
          WHERE (e.allocator_report_id = r.id)) s)
  WHERE ((r.before_day IS NULL) OR (r.from_day < r.before_day));

ALTER VIEW api_v1.allocator_score_shares OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_score_shares IS 'One row per allocator report, scored or not, that is the newest at some midnight: it counts for cutoff days from from_day up to before_day (compliance §5.4, R-19).
';

COMMENT ON COLUMN api_v1.allocator_score_shares.allocator IS 'Allocator, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_score_shares.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN api_v1.allocator_score_shares.from_day IS 'First day at whose midnight (UTC) the report is the newest of its allocator.';

COMMENT ON COLUMN api_v1.allocator_score_shares.before_day IS 'First day at whose midnight a later report is; null: none yet.';

COMMENT ON COLUMN api_v1.allocator_score_shares.score_share IS 'Points of the most possible, 0 to 1; null: no score, or nothing is possible.';

COMMENT ON COLUMN api_v1.allocator_score_shares.standing IS 'compliant, nonCompliant or between, by the lines of the rules that the report was made with; null without a share.';

COMMENT ON COLUMN api_v1.allocator_score_shares.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN api_v1.allocator_score_shares.data_as_of IS 'Clock of the run that made the newest partition of allocator_report (null before the first).';

CREATE VIEW api_v1.allocator_score_weekly WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    (month)::date AS month,
    allocator,
    metric,
    allocator_report_id,
    (create_date AT TIME ZONE 'UTC'::text) AS create_date,
    data_type,
    score,
    largest_score,
    score_percentage,
    score_group,
    rule_version,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_score_weekly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_score_weekly;

ALTER VIEW api_v1.allocator_score_weekly OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_score_weekly IS 'filplus.allocator_score_weekly as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_score_weekly.week IS 'Monday 00:00 UTC.';

COMMENT ON COLUMN api_v1.allocator_score_weekly.month IS 'First of the month of the report, 00:00 UTC; a week across two months has rows of both.';

COMMENT ON COLUMN api_v1.allocator_score_weekly.allocator IS 'Allocator, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_score_weekly.metric IS 'Code of the component.';

COMMENT ON COLUMN api_v1.allocator_score_weekly.allocator_report_id IS 'Report in filplus.allocator_report.';

COMMENT ON COLUMN api_v1.allocator_score_weekly.create_date IS 'Clock of the report, UTC.';

COMMENT ON COLUMN api_v1.allocator_score_weekly.data_type IS 'openData or enterprise; null: no registry row of the present edition, no score.';

COMMENT ON COLUMN api_v1.allocator_score_weekly.score IS 'Points times weight.';

COMMENT ON COLUMN api_v1.allocator_score_weekly.largest_score IS 'Most points that the component can give this type of allocator.';

COMMENT ON COLUMN api_v1.allocator_score_weekly.score_percentage IS 'Points of the most possible, percent, not truncated; 100 where nothing is possible.';

COMMENT ON COLUMN api_v1.allocator_score_weekly.score_group IS 'high, medium or low by the limits of the rules; api_v1 has the percentage for other limits.';

COMMENT ON COLUMN api_v1.allocator_score_weekly.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN api_v1.allocator_score_weekly.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE VIEW api_v1.allocator_sps_compliance_weekly WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    allocator,
    average_of,
    check_retrievability,
    check_number_of_clients,
    check_total_deal_size,
    total_datacap,
    total_sps,
    compliant_sps,
    partially_compliant_sps,
    non_compliant_sps,
    rule_version,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_sps_compliance_weekly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocator_sps_compliance_weekly;

ALTER VIEW api_v1.allocator_sps_compliance_weekly OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocator_sps_compliance_weekly IS 'filplus.allocator_sps_compliance_weekly as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocator_sps_compliance_weekly.week IS 'Monday 00:00 UTC.';

COMMENT ON COLUMN api_v1.allocator_sps_compliance_weekly.allocator IS 'Allocator, f0 and a number.';

COMMENT ON COLUMN api_v1.allocator_sps_compliance_weekly.average_of IS 'Whose mean retrievability is R: all providers, open_data (of any edition), open_data_edition_5 or open_data_edition_6: of non-rejected allocators of that edition.';

COMMENT ON COLUMN api_v1.allocator_sps_compliance_weekly.check_retrievability IS 'The first test counts; off, it gives its point.';

COMMENT ON COLUMN api_v1.allocator_sps_compliance_weekly.check_number_of_clients IS 'The second test counts; off, it gives its point.';

COMMENT ON COLUMN api_v1.allocator_sps_compliance_weekly.check_total_deal_size IS 'The third test counts; off, it gives its point.';

COMMENT ON COLUMN api_v1.allocator_sps_compliance_weekly.total_datacap IS 'Bytes granted to its clients up to the week.';

COMMENT ON COLUMN api_v1.allocator_sps_compliance_weekly.total_sps IS 'Distinct providers of its clients up to the week.';

COMMENT ON COLUMN api_v1.allocator_sps_compliance_weekly.compliant_sps IS 'Providers that pass every test that counts.';

COMMENT ON COLUMN api_v1.allocator_sps_compliance_weekly.partially_compliant_sps IS 'Providers that pass some of the tests that count.';

COMMENT ON COLUMN api_v1.allocator_sps_compliance_weekly.non_compliant_sps IS 'Providers that pass none; what then lacks to total_sps has no row in the week.';

COMMENT ON COLUMN api_v1.allocator_sps_compliance_weekly.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN api_v1.allocator_sps_compliance_weekly.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.allocators_weekly (
    week timestamp(3) without time zone NOT NULL,
    allocator text NOT NULL,
    num_of_clients integer NOT NULL,
    biggest_client_sum_of_allocations bigint NOT NULL,
    total_sum_of_allocations bigint NOT NULL,
    avg_weighted_retrievability_success_rate double precision,
    avg_weighted_retrievability_success_rate_http double precision,
    avg_weighted_retrievability_success_rate_url_finder double precision
);

ALTER TABLE filplus.allocators_weekly OWNER TO cdp_owner;

COMMENT ON TABLE filplus.allocators_weekly IS 'One row per week and allocator: clients and bytes granted in the week, and the retrievability of the data that these clients stored in it. The columns are those of allocators_weekly_acc, over the week alone. An allocator without a row granted nothing in the week.
';

COMMENT ON COLUMN filplus.allocators_weekly.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN filplus.allocators_weekly.allocator IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN filplus.allocators_weekly.num_of_clients IS 'Clients with a grant of the allocator. Never null.';

COMMENT ON COLUMN filplus.allocators_weekly.biggest_client_sum_of_allocations IS 'Bytes granted to the client with the most. Never null.';

COMMENT ON COLUMN filplus.allocators_weekly.total_sum_of_allocations IS 'Bytes of datacap granted, negative corrections included. Never null.';

COMMENT ON COLUMN filplus.allocators_weekly.avg_weighted_retrievability_success_rate IS 'Not written, always null; kept because the live table has it (compliance §3.11).';

COMMENT ON COLUMN filplus.allocators_weekly.avg_weighted_retrievability_success_rate_http IS 'Not written, always null; kept because the live table has it (compliance §3.11).';

COMMENT ON COLUMN filplus.allocators_weekly.avg_weighted_retrievability_success_rate_url_finder IS 'Retrievability 0 to 1 of the clients'' providers, each weighted by the client''s bytes there; a provider without deals in the week counts as 0, and so does an allocator without deals (compliance §3.11, R-11).';

CREATE VIEW api_v1.allocators_weekly WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    allocator,
    num_of_clients,
    biggest_client_sum_of_allocations,
    total_sum_of_allocations,
    avg_weighted_retrievability_success_rate,
    avg_weighted_retrievability_success_rate_http,
    avg_weighted_retrievability_success_rate_url_finder,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocators_weekly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocators_weekly;

ALTER VIEW api_v1.allocators_weekly OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocators_weekly IS 'filplus.allocators_weekly as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocators_weekly.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN api_v1.allocators_weekly.allocator IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN api_v1.allocators_weekly.num_of_clients IS 'Clients with a grant of the allocator. Never null.';

COMMENT ON COLUMN api_v1.allocators_weekly.biggest_client_sum_of_allocations IS 'Bytes granted to the client with the most. Never null.';

COMMENT ON COLUMN api_v1.allocators_weekly.total_sum_of_allocations IS 'Bytes of datacap granted, negative corrections included. Never null.';

COMMENT ON COLUMN api_v1.allocators_weekly.avg_weighted_retrievability_success_rate IS 'Not written, always null; kept because the live table has it (compliance §3.11).';

COMMENT ON COLUMN api_v1.allocators_weekly.avg_weighted_retrievability_success_rate_http IS 'Not written, always null; kept because the live table has it (compliance §3.11).';

COMMENT ON COLUMN api_v1.allocators_weekly.avg_weighted_retrievability_success_rate_url_finder IS 'Retrievability 0 to 1 of the clients'' providers, each weighted by the client''s bytes there; a provider without deals in the week counts as 0, and so does an allocator without deals (compliance §3.11, R-11).';

COMMENT ON COLUMN api_v1.allocators_weekly.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE VIEW api_v1.allocators_weekly_acc WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    allocator,
    num_of_clients,
    biggest_client_sum_of_allocations,
    total_sum_of_allocations,
    avg_weighted_retrievability_success_rate,
    avg_weighted_retrievability_success_rate_http,
    avg_weighted_retrievability_success_rate_url_finder,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocators_weekly_acc'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.allocators_weekly_acc;

ALTER VIEW api_v1.allocators_weekly_acc OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.allocators_weekly_acc IS 'filplus.allocators_weekly_acc as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.allocators_weekly_acc.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN api_v1.allocators_weekly_acc.allocator IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN api_v1.allocators_weekly_acc.num_of_clients IS 'Clients with a grant of the allocator. Never null.';

COMMENT ON COLUMN api_v1.allocators_weekly_acc.biggest_client_sum_of_allocations IS 'Bytes granted to the client with the most. Never null.';

COMMENT ON COLUMN api_v1.allocators_weekly_acc.total_sum_of_allocations IS 'Bytes of datacap granted, negative corrections included. Never null.';

COMMENT ON COLUMN api_v1.allocators_weekly_acc.avg_weighted_retrievability_success_rate IS 'Not written, always null; kept because the live table has it (compliance §3.11).';

COMMENT ON COLUMN api_v1.allocators_weekly_acc.avg_weighted_retrievability_success_rate_http IS 'Not written, always null; kept because the live table has it (compliance §3.11).';

COMMENT ON COLUMN api_v1.allocators_weekly_acc.avg_weighted_retrievability_success_rate_url_finder IS 'Retrievability 0 to 1 of the clients'' providers, each weighted by the client''s bytes there; a provider without deals in the week counts as 0, and so does an allocator without deals (compliance §3.11, R-11).';

COMMENT ON COLUMN api_v1.allocators_weekly_acc.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.cid_sharing (
    client text NOT NULL,
    other_client text NOT NULL,
    total_deal_size bigint NOT NULL,
    unique_cid_count integer NOT NULL
);

ALTER TABLE filplus.cid_sharing OWNER TO cdp_owner;

COMMENT ON TABLE filplus.cid_sharing IS 'One row per client and other client that have stored a same piece (compliance §3.13); each pair is there both ways.';

COMMENT ON COLUMN filplus.cid_sharing.client IS 'Client id, f0 and a number.';

COMMENT ON COLUMN filplus.cid_sharing.other_client IS 'Id of the other client, f0 and a number.';

COMMENT ON COLUMN filplus.cid_sharing.total_deal_size IS 'Bytes of the other client''s deals of the shared pieces. Never null.';

COMMENT ON COLUMN filplus.cid_sharing.unique_cid_count IS 'Pieces that both have stored, at least 1; the same both ways.';

CREATE VIEW api_v1.cid_sharing WITH (security_invoker='true') AS
 SELECT client,
    other_client,
    total_deal_size,
    unique_cid_count,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/cid_sharing'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.cid_sharing;

ALTER VIEW api_v1.cid_sharing OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.cid_sharing IS 'filplus.cid_sharing as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.cid_sharing.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN api_v1.cid_sharing.other_client IS 'Id of the other client, `f0` and a number.';

COMMENT ON COLUMN api_v1.cid_sharing.total_deal_size IS 'Bytes of the other client''s deals of the shared pieces. Never null.';

COMMENT ON COLUMN api_v1.cid_sharing.unique_cid_count IS 'Pieces that both have stored, at least 1; the same both ways.';

COMMENT ON COLUMN api_v1.cid_sharing.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client (
    id text NOT NULL,
    name text,
    address text,
    github_url text,
    datacap_received bigint NOT NULL,
    datacap_remaining bigint NOT NULL,
    datacap_used_2_weeks bigint NOT NULL,
    datacap_used_90_days bigint NOT NULL
);

ALTER TABLE filplus.client OWNER TO cdp_owner;

COMMENT ON TABLE filplus.client IS 'One row per client with an allowance (compliance §3.17). Of a client with several allocators the allowance with the smallest id in the source is shown. Rewritten where something changed; used datacap counts whole hours up to the clock.
';

COMMENT ON COLUMN filplus.client.id IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN filplus.client.name IS 'Name as the source has it, not cleaned. Null when the source has none.';

COMMENT ON COLUMN filplus.client.address IS 'Robust address. Null when the source has none.';

COMMENT ON COLUMN filplus.client.github_url IS 'Application of the client. Null when the source says n/a.';

COMMENT ON COLUMN filplus.client.datacap_received IS 'Bytes ever granted by the allowance shown. Never null.';

COMMENT ON COLUMN filplus.client.datacap_remaining IS 'Bytes left of the allowance shown. Never null.';

COMMENT ON COLUMN filplus.client.datacap_used_2_weeks IS 'Bytes of deals in hours that began in the last 14 days. Never null.';

COMMENT ON COLUMN filplus.client.datacap_used_90_days IS 'Bytes of deals in hours that began in the last 90 days. Never null.';

CREATE VIEW api_v1.client WITH (security_invoker='true') AS
 SELECT id,
    name,
    address,
    github_url,
    datacap_received,
    datacap_remaining,
    datacap_used_2_weeks,
    datacap_used_90_days,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client;

ALTER VIEW api_v1.client OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client IS 'filplus.client as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client.id IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client.name IS 'Name as the source has it, not cleaned. Null when the source has none.';

COMMENT ON COLUMN api_v1.client.address IS 'Robust address. Null when the source has none.';

COMMENT ON COLUMN api_v1.client.github_url IS 'Application of the client. Null when the source says n/a.';

COMMENT ON COLUMN api_v1.client.datacap_received IS 'Bytes ever granted by the allowance shown. Never null.';

COMMENT ON COLUMN api_v1.client.datacap_remaining IS 'Bytes left of the allowance shown. Never null.';

COMMENT ON COLUMN api_v1.client.datacap_used_2_weeks IS 'Bytes of deals in hours that began in the last 14 days. Never null.';

COMMENT ON COLUMN api_v1.client.datacap_used_90_days IS 'Bytes of deals in hours that began in the last 90 days. Never null.';

COMMENT ON COLUMN api_v1.client.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client_allocator_distribution_weekly (
    week timestamp(3) without time zone NOT NULL,
    client text NOT NULL,
    allocator text NOT NULL,
    num_of_allocations integer CONSTRAINT client_allocator_distribution_weekl_num_of_allocations_not_null NOT NULL,
    sum_of_allocations bigint CONSTRAINT client_allocator_distribution_weekl_sum_of_allocations_not_null NOT NULL
);

ALTER TABLE filplus.client_allocator_distribution_weekly OWNER TO cdp_owner;

COMMENT ON TABLE filplus.client_allocator_distribution_weekly IS 'One row per week, client and allocator: grants of datacap in the week (compliance §3.7). A pair without a row had no grant in the week. Made from the landed allowances since 2024-03-01T00:00Z.
';

COMMENT ON COLUMN filplus.client_allocator_distribution_weekly.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN filplus.client_allocator_distribution_weekly.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN filplus.client_allocator_distribution_weekly.allocator IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN filplus.client_allocator_distribution_weekly.num_of_allocations IS 'Grants. Never null.';

COMMENT ON COLUMN filplus.client_allocator_distribution_weekly.sum_of_allocations IS 'Bytes of datacap granted, negative corrections included. Never null.';

CREATE VIEW api_v1.client_allocator_distribution_weekly WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    client,
    allocator,
    num_of_allocations,
    sum_of_allocations,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client_allocator_distribution_weekly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client_allocator_distribution_weekly;

ALTER VIEW api_v1.client_allocator_distribution_weekly OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client_allocator_distribution_weekly IS 'filplus.client_allocator_distribution_weekly as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client_allocator_distribution_weekly.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN api_v1.client_allocator_distribution_weekly.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client_allocator_distribution_weekly.allocator IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client_allocator_distribution_weekly.num_of_allocations IS 'Grants. Never null.';

COMMENT ON COLUMN api_v1.client_allocator_distribution_weekly.sum_of_allocations IS 'Bytes of datacap granted, negative corrections included. Never null.';

COMMENT ON COLUMN api_v1.client_allocator_distribution_weekly.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client_allocator_distribution_weekly_acc (
    week timestamp(3) without time zone NOT NULL,
    client text NOT NULL,
    allocator text NOT NULL,
    num_of_allocations integer CONSTRAINT client_allocator_distribution_weekl_num_of_allocations_not_null NOT NULL,
    sum_of_allocations bigint CONSTRAINT client_allocator_distribution_weekl_sum_of_allocations_not_null NOT NULL
);

ALTER TABLE filplus.client_allocator_distribution_weekly_acc OWNER TO cdp_owner;

COMMENT ON TABLE filplus.client_allocator_distribution_weekly_acc IS 'One row per week, client and allocator: grants of datacap up to the end of the week (compliance §3.8). A pair, once there, is in every later week. Weeks begin on Mondays, so the running week is there from its first hour (R-10).
';

COMMENT ON COLUMN filplus.client_allocator_distribution_weekly_acc.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN filplus.client_allocator_distribution_weekly_acc.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN filplus.client_allocator_distribution_weekly_acc.allocator IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN filplus.client_allocator_distribution_weekly_acc.num_of_allocations IS 'Grants so far. Never null.';

COMMENT ON COLUMN filplus.client_allocator_distribution_weekly_acc.sum_of_allocations IS 'Bytes of datacap granted, negative corrections included. Never null.';

CREATE VIEW api_v1.client_allocator_distribution_weekly_acc WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    client,
    allocator,
    num_of_allocations,
    sum_of_allocations,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client_allocator_distribution_weekly_acc'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client_allocator_distribution_weekly_acc;

ALTER VIEW api_v1.client_allocator_distribution_weekly_acc OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client_allocator_distribution_weekly_acc IS 'filplus.client_allocator_distribution_weekly_acc as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client_allocator_distribution_weekly_acc.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN api_v1.client_allocator_distribution_weekly_acc.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client_allocator_distribution_weekly_acc.allocator IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client_allocator_distribution_weekly_acc.num_of_allocations IS 'Grants so far. Never null.';

COMMENT ON COLUMN api_v1.client_allocator_distribution_weekly_acc.sum_of_allocations IS 'Bytes of datacap granted, negative corrections included. Never null.';

COMMENT ON COLUMN api_v1.client_allocator_distribution_weekly_acc.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client_claims_hourly (
    hour timestamp(3) without time zone NOT NULL,
    client text NOT NULL,
    total_deal_size bigint NOT NULL
);

ALTER TABLE filplus.client_claims_hourly OWNER TO cdp_owner;

COMMENT ON TABLE filplus.client_claims_hourly IS 'One row per hour and client: bytes of verified deals that start in the hour (compliance §3.2). Summed over the providers of unified_verified_deal_hourly. An hour without a row had no deal of the client. The first partition also holds the hours before it, where the start was moved.
';

COMMENT ON COLUMN filplus.client_claims_hourly.hour IS 'Start of the hour, UTC; the row covers [hour, hour + 1 h).';

COMMENT ON COLUMN filplus.client_claims_hourly.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN filplus.client_claims_hourly.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

CREATE VIEW api_v1.client_claims_hourly WITH (security_invoker='true') AS
 SELECT (hour AT TIME ZONE 'UTC'::text) AS hour,
    client,
    total_deal_size,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client_claims_hourly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client_claims_hourly;

ALTER VIEW api_v1.client_claims_hourly OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client_claims_hourly IS 'filplus.client_claims_hourly as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client_claims_hourly.hour IS 'Start of the hour, UTC; the row covers [hour, hour + 1 h).';

COMMENT ON COLUMN api_v1.client_claims_hourly.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client_claims_hourly.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN api_v1.client_claims_hourly.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client_datacap_allocation (
    id integer NOT NULL,
    client_id text NOT NULL,
    allocator_id text NOT NULL,
    allocation numeric NOT NULL,
    "timestamp" timestamp(3) without time zone NOT NULL
);

ALTER TABLE filplus.client_datacap_allocation OWNER TO cdp_owner;

COMMENT ON TABLE filplus.client_datacap_allocation IS 'One row per grant of datacap to a client since 2024-03-01T00:00Z (compliance §3.14). Rewritten where the source changed. Made from the landed allowances; those without client, allocator or height cannot be placed and are left out.
';

COMMENT ON COLUMN filplus.client_datacap_allocation.id IS 'Id of the grant in the source.';

COMMENT ON COLUMN filplus.client_datacap_allocation.client_id IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN filplus.client_datacap_allocation.allocator_id IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN filplus.client_datacap_allocation.allocation IS 'Bytes granted. Never null, 0 where the source has null.';

COMMENT ON COLUMN filplus.client_datacap_allocation."timestamp" IS 'Instant of the grant, UTC.';

CREATE VIEW api_v1.client_datacap_allocation WITH (security_invoker='true') AS
 SELECT id,
    client_id,
    allocator_id,
    allocation,
    ("timestamp" AT TIME ZONE 'UTC'::text) AS "timestamp",
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client_datacap_allocation'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client_datacap_allocation;

ALTER VIEW api_v1.client_datacap_allocation OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client_datacap_allocation IS 'filplus.client_datacap_allocation as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client_datacap_allocation.id IS 'Id of the grant in the source.';

COMMENT ON COLUMN api_v1.client_datacap_allocation.client_id IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client_datacap_allocation.allocator_id IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client_datacap_allocation.allocation IS 'Bytes granted. Never null, 0 where the source has null.';

COMMENT ON COLUMN api_v1.client_datacap_allocation."timestamp" IS 'Instant of the grant, UTC.';

COMMENT ON COLUMN api_v1.client_datacap_allocation.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client_provider_distribution (
    client text NOT NULL,
    provider text NOT NULL,
    total_deal_size bigint NOT NULL,
    unique_data_size bigint NOT NULL,
    claims_count bigint NOT NULL
);

ALTER TABLE filplus.client_provider_distribution OWNER TO cdp_owner;

COMMENT ON TABLE filplus.client_provider_distribution IS 'One row per client and provider with a deal since the programme start (compliance §3.4).';

COMMENT ON COLUMN filplus.client_provider_distribution.client IS 'Client id, f0 and a number.';

COMMENT ON COLUMN filplus.client_provider_distribution.provider IS 'Storage provider id, f0 and a number.';

COMMENT ON COLUMN filplus.client_provider_distribution.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN filplus.client_provider_distribution.unique_data_size IS 'Bytes with each piece counted once per client and provider, at its smallest size. Never null, at most total_deal_size.';

COMMENT ON COLUMN filplus.client_provider_distribution.claims_count IS 'Deals and claims. Never null.';

CREATE VIEW api_v1.client_provider_distribution WITH (security_invoker='true') AS
 SELECT client,
    provider,
    total_deal_size,
    unique_data_size,
    claims_count,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client_provider_distribution'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client_provider_distribution;

ALTER VIEW api_v1.client_provider_distribution OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client_provider_distribution IS 'filplus.client_provider_distribution as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client_provider_distribution.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client_provider_distribution.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client_provider_distribution.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN api_v1.client_provider_distribution.unique_data_size IS 'Bytes with each piece counted once per client and provider, at its smallest size. Never null, at most total_deal_size.';

COMMENT ON COLUMN api_v1.client_provider_distribution.claims_count IS 'Deals and claims. Never null.';

COMMENT ON COLUMN api_v1.client_provider_distribution.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client_provider_distribution_weekly (
    week timestamp(3) without time zone NOT NULL,
    client text NOT NULL,
    provider text NOT NULL,
    total_deal_size bigint NOT NULL,
    unique_data_size bigint NOT NULL
);

ALTER TABLE filplus.client_provider_distribution_weekly OWNER TO cdp_owner;

COMMENT ON TABLE filplus.client_provider_distribution_weekly IS 'One row per week, client and provider: bytes of deals that start in the week, all and unique inside the week (compliance §3.5). A pair without a row had no deal in the week. Made from the landed deals by way of the piece table.
';

COMMENT ON COLUMN filplus.client_provider_distribution_weekly.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN filplus.client_provider_distribution_weekly.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN filplus.client_provider_distribution_weekly.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN filplus.client_provider_distribution_weekly.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN filplus.client_provider_distribution_weekly.unique_data_size IS 'Bytes with each piece counted once per client and provider, at its smallest size. Never null, at most total_deal_size.';

CREATE VIEW api_v1.client_provider_distribution_weekly WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    client,
    provider,
    total_deal_size,
    unique_data_size,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client_provider_distribution_weekly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client_provider_distribution_weekly;

ALTER VIEW api_v1.client_provider_distribution_weekly OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client_provider_distribution_weekly IS 'filplus.client_provider_distribution_weekly as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client_provider_distribution_weekly.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN api_v1.client_provider_distribution_weekly.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client_provider_distribution_weekly.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client_provider_distribution_weekly.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN api_v1.client_provider_distribution_weekly.unique_data_size IS 'Bytes with each piece counted once per client and provider, at its smallest size. Never null, at most total_deal_size.';

COMMENT ON COLUMN api_v1.client_provider_distribution_weekly.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client_provider_distribution_weekly_acc (
    week timestamp(3) without time zone NOT NULL,
    client text NOT NULL,
    provider text NOT NULL,
    total_deal_size bigint CONSTRAINT client_provider_distribution_weekly_ac_total_deal_size_not_null NOT NULL,
    unique_data_size bigint CONSTRAINT client_provider_distribution_weekly_a_unique_data_size_not_null NOT NULL
);

ALTER TABLE filplus.client_provider_distribution_weekly_acc OWNER TO cdp_owner;

COMMENT ON TABLE filplus.client_provider_distribution_weekly_acc IS 'One row per week, client and provider that has had a deal up to the end of the week: bytes since the programme start, all and unique over the whole history (compliance §3.6). Once present, a pair is in every later week. Unlike the live table, closed weeks heal when an old deal changes.
';

COMMENT ON COLUMN filplus.client_provider_distribution_weekly_acc.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN filplus.client_provider_distribution_weekly_acc.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN filplus.client_provider_distribution_weekly_acc.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN filplus.client_provider_distribution_weekly_acc.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN filplus.client_provider_distribution_weekly_acc.unique_data_size IS 'Bytes with each piece counted once per client and provider, at its smallest size. Never null, at most total_deal_size.';

CREATE VIEW api_v1.client_provider_distribution_weekly_acc WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    client,
    provider,
    total_deal_size,
    unique_data_size,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client_provider_distribution_weekly_acc'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client_provider_distribution_weekly_acc;

ALTER VIEW api_v1.client_provider_distribution_weekly_acc OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client_provider_distribution_weekly_acc IS 'filplus.client_provider_distribution_weekly_acc as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client_provider_distribution_weekly_acc.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN api_v1.client_provider_distribution_weekly_acc.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client_provider_distribution_weekly_acc.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client_provider_distribution_weekly_acc.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN api_v1.client_provider_distribution_weekly_acc.unique_data_size IS 'Bytes with each piece counted once per client and provider, at its smallest size. Never null, at most total_deal_size.';

COMMENT ON COLUMN api_v1.client_provider_distribution_weekly_acc.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client_replica_distribution (
    client text NOT NULL,
    num_of_replicas integer NOT NULL,
    total_deal_size bigint NOT NULL,
    unique_data_size bigint NOT NULL
);

ALTER TABLE filplus.client_replica_distribution OWNER TO cdp_owner;

COMMENT ON TABLE filplus.client_replica_distribution IS 'One row per client and number of replicas: the pieces that just so many providers hold for it (compliance §3.12).';

COMMENT ON COLUMN filplus.client_replica_distribution.client IS 'Client id, f0 and a number.';

COMMENT ON COLUMN filplus.client_replica_distribution.num_of_replicas IS 'Providers that hold each of the pieces, at least 1.';

COMMENT ON COLUMN filplus.client_replica_distribution.total_deal_size IS 'Bytes (padded piece sizes) of all deals of the pieces. Never null.';

COMMENT ON COLUMN filplus.client_replica_distribution.unique_data_size IS 'Bytes with each piece counted once, at its largest size. Never null, at most total_deal_size.';

CREATE VIEW api_v1.client_replica_distribution WITH (security_invoker='true') AS
 SELECT client,
    num_of_replicas,
    total_deal_size,
    unique_data_size,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client_replica_distribution'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client_replica_distribution;

ALTER VIEW api_v1.client_replica_distribution OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client_replica_distribution IS 'filplus.client_replica_distribution as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client_replica_distribution.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN api_v1.client_replica_distribution.num_of_replicas IS 'Providers that hold each of the pieces, at least 1.';

COMMENT ON COLUMN api_v1.client_replica_distribution.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN api_v1.client_replica_distribution.unique_data_size IS 'Bytes with each piece counted once, at its largest size. Never null, at most total_deal_size.';

COMMENT ON COLUMN api_v1.client_replica_distribution.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client_report (
    id bigint NOT NULL,
    report_id uuid NOT NULL,
    create_date timestamp(3) without time zone NOT NULL,
    client text NOT NULL,
    client_address text,
    allocators text[] NOT NULL,
    avg_secs_to_first_deal double precision,
    organization_name text,
    application_url text,
    is_public_dataset boolean,
    using_client_contract boolean NOT NULL,
    client_contract_max_deviation text,
    storage_provider_ids_declared text[] NOT NULL,
    available_datacap numeric,
    last_datacap_spent timestamp(3) without time zone,
    last_datacap_received timestamp(3) without time zone,
    low_replica_threshold integer,
    high_replica_threshold integer,
    allocator_required_copies text,
    allocator_required_sps text,
    total_requested_amount numeric,
    expected_size_of_single_dataset numeric,
    total_uniq_data_set_size bigint NOT NULL,
    report_day date NOT NULL,
    rule_version integer NOT NULL,
    code_version text NOT NULL,
    inputs_hash text NOT NULL,
    input_overrides jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT client_report_input_overrides_check CHECK ((jsonb_typeof(input_overrides) = 'array'::text))
);

ALTER TABLE filplus.client_report OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.client_report.id IS 'Key of the row.';

COMMENT ON COLUMN filplus.client_report.report_id IS 'Permanent id of the report: UUIDv5 of client, day, rules, code and inputs.';

COMMENT ON COLUMN filplus.client_report.create_date IS 'Clock of the report, UTC.';

COMMENT ON COLUMN filplus.client_report.client IS 'Client, f0 and a number.';

COMMENT ON COLUMN filplus.client_report.client_address IS 'Robust address; null when the source has none.';

COMMENT ON COLUMN filplus.client_report.allocators IS 'All allocators of the client, by row id of the source.';

COMMENT ON COLUMN filplus.client_report.avg_secs_to_first_deal IS 'Mean seconds from a grant to the next hour with a deal; null: none.';

COMMENT ON COLUMN filplus.client_report.organization_name IS 'Of the application, else of the source; null: nobody gives one.';

COMMENT ON COLUMN filplus.client_report.application_url IS 'Of the first allowance; null: none.';

COMMENT ON COLUMN filplus.client_report.is_public_dataset IS 'The main allocator is open data; without a registry row what the application says; null: neither is known.';

COMMENT ON COLUMN filplus.client_report.using_client_contract IS 'A smart contract acts for the client.';

COMMENT ON COLUMN filplus.client_report.client_contract_max_deviation IS 'Of the contract, percent as text; null: none or not seen.';

COMMENT ON COLUMN filplus.client_report.storage_provider_ids_declared IS 'Providers that the application names.';

COMMENT ON COLUMN filplus.client_report.available_datacap IS 'Bytes left as the chain says; null: not observed.';

COMMENT ON COLUMN filplus.client_report.last_datacap_spent IS 'Newest hour with a deal, UTC; null: none.';

COMMENT ON COLUMN filplus.client_report.last_datacap_received IS 'Newest allowance message, UTC; null: none.';

COMMENT ON COLUMN filplus.client_report.low_replica_threshold IS 'Of the edition of the first allowance; null: its time is unknown.';

COMMENT ON COLUMN filplus.client_report.high_replica_threshold IS 'Of the edition of the first allowance; null: its time is unknown.';

COMMENT ON COLUMN filplus.client_report.allocator_required_copies IS 'Of the main allocator''s registry file; null: none required.';

COMMENT ON COLUMN filplus.client_report.allocator_required_sps IS 'Of the main allocator''s registry file; null: none required.';

COMMENT ON COLUMN filplus.client_report.total_requested_amount IS 'Bytes of the application; null: absent or not a size.';

COMMENT ON COLUMN filplus.client_report.expected_size_of_single_dataset IS 'Bytes of the application; null: absent or not a size.';

COMMENT ON COLUMN filplus.client_report.total_uniq_data_set_size IS 'Unique bytes over all numbers of replicas.';

COMMENT ON COLUMN filplus.client_report.report_day IS 'UTC day that the report is of.';

COMMENT ON COLUMN filplus.client_report.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN filplus.client_report.code_version IS 'Version of the code that made the row.';

COMMENT ON COLUMN filplus.client_report.inputs_hash IS 'SHA-256 of all inputs of the report.';

COMMENT ON COLUMN filplus.client_report.input_overrides IS 'Overrides that the report was made with, one object each: override_id, entity_kind, entity_id, input_name, original_value, value_used, reason, requested_by, approver, expires_at; empty: none.';

CREATE VIEW api_v1.client_report WITH (security_invoker='true') AS
 SELECT id,
    report_id,
    (create_date AT TIME ZONE 'UTC'::text) AS create_date,
    client,
    client_address,
    allocators,
    avg_secs_to_first_deal,
    organization_name,
    application_url,
    is_public_dataset,
    using_client_contract,
    client_contract_max_deviation,
    storage_provider_ids_declared,
    available_datacap,
    (last_datacap_spent AT TIME ZONE 'UTC'::text) AS last_datacap_spent,
    (last_datacap_received AT TIME ZONE 'UTC'::text) AS last_datacap_received,
    low_replica_threshold,
    high_replica_threshold,
    allocator_required_copies,
    allocator_required_sps,
    total_requested_amount,
    expected_size_of_single_dataset,
    total_uniq_data_set_size,
    report_day,
    rule_version,
    code_version,
    inputs_hash,
    input_overrides,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client_report'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client_report;

ALTER VIEW api_v1.client_report OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client_report IS 'filplus.client_report as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client_report.id IS 'Key of the row.';

COMMENT ON COLUMN api_v1.client_report.report_id IS 'Permanent id of the report: UUIDv5 of client, day, rules, code and inputs.';

COMMENT ON COLUMN api_v1.client_report.create_date IS 'Clock of the report, UTC.';

COMMENT ON COLUMN api_v1.client_report.client IS 'Client, f0 and a number.';

COMMENT ON COLUMN api_v1.client_report.client_address IS 'Robust address; null when the source has none.';

COMMENT ON COLUMN api_v1.client_report.allocators IS 'All allocators of the client, by row id of the source.';

COMMENT ON COLUMN api_v1.client_report.avg_secs_to_first_deal IS 'Mean seconds from a grant to the next hour with a deal; null: none.';

COMMENT ON COLUMN api_v1.client_report.organization_name IS 'Of the application, else of the source; null: nobody gives one.';

COMMENT ON COLUMN api_v1.client_report.application_url IS 'Of the first allowance; null: none.';

COMMENT ON COLUMN api_v1.client_report.is_public_dataset IS 'The main allocator is open data; without a registry row what the application says; null: neither is known.';

COMMENT ON COLUMN api_v1.client_report.using_client_contract IS 'A smart contract acts for the client.';

COMMENT ON COLUMN api_v1.client_report.client_contract_max_deviation IS 'Of the contract, percent as text; null: none or not seen.';

COMMENT ON COLUMN api_v1.client_report.storage_provider_ids_declared IS 'Providers that the application names.';

COMMENT ON COLUMN api_v1.client_report.available_datacap IS 'Bytes left as the chain says; null: not observed.';

COMMENT ON COLUMN api_v1.client_report.last_datacap_spent IS 'Newest hour with a deal, UTC; null: none.';

COMMENT ON COLUMN api_v1.client_report.last_datacap_received IS 'Newest allowance message, UTC; null: none.';

COMMENT ON COLUMN api_v1.client_report.low_replica_threshold IS 'Of the edition of the first allowance; null: its time is unknown.';

COMMENT ON COLUMN api_v1.client_report.high_replica_threshold IS 'Of the edition of the first allowance; null: its time is unknown.';

COMMENT ON COLUMN api_v1.client_report.allocator_required_copies IS 'Of the main allocator''s registry file; null: none required.';

COMMENT ON COLUMN api_v1.client_report.allocator_required_sps IS 'Of the main allocator''s registry file; null: none required.';

COMMENT ON COLUMN api_v1.client_report.total_requested_amount IS 'Bytes of the application; null: absent or not a size.';

COMMENT ON COLUMN api_v1.client_report.expected_size_of_single_dataset IS 'Bytes of the application; null: absent or not a size.';

COMMENT ON COLUMN api_v1.client_report.total_uniq_data_set_size IS 'Unique bytes over all numbers of replicas.';

COMMENT ON COLUMN api_v1.client_report.report_day IS 'UTC day that the report is of.';

COMMENT ON COLUMN api_v1.client_report.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN api_v1.client_report.code_version IS 'Version of the code that made the row.';

COMMENT ON COLUMN api_v1.client_report.inputs_hash IS 'SHA-256 of all inputs of the report.';

COMMENT ON COLUMN api_v1.client_report.input_overrides IS 'Overrides that the report was made with, one object each: override_id, entity_kind, entity_id, input_name, original_value, value_used, reason, requested_by, approver, expires_at; empty: none.';

COMMENT ON COLUMN api_v1.client_report.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client_report_check_result (
    id uuid GENERATED ALWAYS AS (((lpad(to_hex(client_report_id), 16, '0'::text) || "left"(md5("check"), 16)))::uuid) STORED NOT NULL,
    client_report_id bigint NOT NULL,
    create_date timestamp(3) without time zone NOT NULL,
    "check" text NOT NULL,
    result boolean NOT NULL,
    metadata jsonb NOT NULL
);

ALTER TABLE filplus.client_report_check_result OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.client_report_check_result.id IS 'Key of the row.';

COMMENT ON COLUMN filplus.client_report_check_result.client_report_id IS 'Report in filplus.client_report.';

COMMENT ON COLUMN filplus.client_report_check_result.create_date IS 'Clock of the report, UTC.';

COMMENT ON COLUMN filplus.client_report_check_result."check" IS 'Code of the check.';

COMMENT ON COLUMN filplus.client_report_check_result.result IS 'The check passed.';

COMMENT ON COLUMN filplus.client_report_check_result.metadata IS 'Message, ids that violate, and limits.';

CREATE VIEW api_v1.client_report_check_result WITH (security_invoker='true') AS
 SELECT id,
    client_report_id,
    (create_date AT TIME ZONE 'UTC'::text) AS create_date,
    "check",
    result,
    metadata,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client_report_check_result'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client_report_check_result;

ALTER VIEW api_v1.client_report_check_result OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client_report_check_result IS 'filplus.client_report_check_result as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client_report_check_result.id IS 'Key of the row.';

COMMENT ON COLUMN api_v1.client_report_check_result.client_report_id IS 'Report in filplus.client_report.';

COMMENT ON COLUMN api_v1.client_report_check_result.create_date IS 'Clock of the report, UTC.';

COMMENT ON COLUMN api_v1.client_report_check_result."check" IS 'Code of the check.';

COMMENT ON COLUMN api_v1.client_report_check_result.result IS 'The check passed.';

COMMENT ON COLUMN api_v1.client_report_check_result.metadata IS 'Message, ids that violate, and limits.';

COMMENT ON COLUMN api_v1.client_report_check_result.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client_report_cid_sharing (
    client_report_id bigint NOT NULL,
    other_client text NOT NULL,
    total_deal_size bigint NOT NULL,
    unique_cid_count integer NOT NULL,
    other_client_application_url text
);

ALTER TABLE filplus.client_report_cid_sharing OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.client_report_cid_sharing.client_report_id IS 'Report in filplus.client_report.';

COMMENT ON COLUMN filplus.client_report_cid_sharing.other_client IS 'Client that holds the same pieces.';

COMMENT ON COLUMN filplus.client_report_cid_sharing.total_deal_size IS 'Bytes.';

COMMENT ON COLUMN filplus.client_report_cid_sharing.unique_cid_count IS 'Pieces that both hold.';

COMMENT ON COLUMN filplus.client_report_cid_sharing.other_client_application_url IS 'Of its first allowance; null: none.';

CREATE VIEW api_v1.client_report_cid_sharing WITH (security_invoker='true') AS
 SELECT client_report_id,
    other_client,
    total_deal_size,
    unique_cid_count,
    other_client_application_url,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client_report_cid_sharing'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client_report_cid_sharing;

ALTER VIEW api_v1.client_report_cid_sharing OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client_report_cid_sharing IS 'filplus.client_report_cid_sharing as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client_report_cid_sharing.client_report_id IS 'Report in filplus.client_report.';

COMMENT ON COLUMN api_v1.client_report_cid_sharing.other_client IS 'Client that holds the same pieces.';

COMMENT ON COLUMN api_v1.client_report_cid_sharing.total_deal_size IS 'Bytes.';

COMMENT ON COLUMN api_v1.client_report_cid_sharing.unique_cid_count IS 'Pieces that both hold.';

COMMENT ON COLUMN api_v1.client_report_cid_sharing.other_client_application_url IS 'Of its first allowance; null: none.';

COMMENT ON COLUMN api_v1.client_report_cid_sharing.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client_report_replica_distribution (
    client_report_id bigint NOT NULL,
    num_of_replicas integer NOT NULL,
    total_deal_size bigint NOT NULL,
    unique_data_size bigint NOT NULL,
    percentage double precision NOT NULL
);

ALTER TABLE filplus.client_report_replica_distribution OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.client_report_replica_distribution.client_report_id IS 'Report in filplus.client_report.';

COMMENT ON COLUMN filplus.client_report_replica_distribution.num_of_replicas IS 'Providers that hold the data.';

COMMENT ON COLUMN filplus.client_report_replica_distribution.total_deal_size IS 'Bytes.';

COMMENT ON COLUMN filplus.client_report_replica_distribution.unique_data_size IS 'Bytes, each piece once.';

COMMENT ON COLUMN filplus.client_report_replica_distribution.percentage IS 'Share of the client''s data, percent truncated to two decimals.';

CREATE VIEW api_v1.client_report_replica_distribution WITH (security_invoker='true') AS
 SELECT client_report_id,
    num_of_replicas,
    total_deal_size,
    unique_data_size,
    percentage,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client_report_replica_distribution'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client_report_replica_distribution;

ALTER VIEW api_v1.client_report_replica_distribution OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client_report_replica_distribution IS 'filplus.client_report_replica_distribution as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client_report_replica_distribution.client_report_id IS 'Report in filplus.client_report.';

COMMENT ON COLUMN api_v1.client_report_replica_distribution.num_of_replicas IS 'Providers that hold the data.';

COMMENT ON COLUMN api_v1.client_report_replica_distribution.total_deal_size IS 'Bytes.';

COMMENT ON COLUMN api_v1.client_report_replica_distribution.unique_data_size IS 'Bytes, each piece once.';

COMMENT ON COLUMN api_v1.client_report_replica_distribution.percentage IS 'Share of the client''s data, percent truncated to two decimals.';

COMMENT ON COLUMN api_v1.client_report_replica_distribution.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client_report_storage_provider_distribution (
    client_report_id bigint CONSTRAINT client_report_storage_provider_distri_client_report_id_not_null NOT NULL,
    provider text NOT NULL,
    total_deal_size bigint CONSTRAINT client_report_storage_provider_distrib_total_deal_size_not_null NOT NULL,
    unique_data_size bigint CONSTRAINT client_report_storage_provider_distri_unique_data_size_not_null NOT NULL,
    retrievability_success_rate double precision,
    retrievability_success_rate_http double precision,
    retrievability_success_rate_url_finder double precision,
    consistent_retrievability double precision,
    inconsistent_retrievability double precision,
    ttfb double precision,
    bandwidth double precision,
    ipni_reporting_status text CONSTRAINT client_report_storage_provider_d_ipni_reporting_status_not_null NOT NULL,
    ipni_reported_claims_count bigint,
    claims_count bigint,
    declared_in_application_file boolean,
    piece_working_url text,
    CONSTRAINT client_report_storage_provider_dist_ipni_reporting_status_check CHECK ((ipni_reporting_status = ANY (ARRAY['OK'::text, 'MISREPORTING'::text, 'NOT_REPORTING'::text])))
);

ALTER TABLE filplus.client_report_storage_provider_distribution OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.client_report_id IS 'Report in filplus.client_report.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.provider IS 'Storage provider, f0 and a number.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.total_deal_size IS 'Bytes.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.unique_data_size IS 'Bytes, each piece once.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.retrievability_success_rate IS 'Never written: the source was removed; always null.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.retrievability_success_rate_http IS 'Never written: the source was removed; always null.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.retrievability_success_rate_url_finder IS 'Newest measurement, 0 to 1; null: not measured.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.consistent_retrievability IS 'Share of valid CAR files, 0 to 1; null: not measured.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.inconsistent_retrievability IS '1 - consistent; null: not measured.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.ttfb IS 'Newest time to first byte, milliseconds; null: not measured.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.bandwidth IS 'Newest download speed, Mbps; null: not measured.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.ipni_reporting_status IS 'OK, MISREPORTING or NOT_REPORTING.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.ipni_reported_claims_count IS 'Advertised entries; null: no peer or no advertisement.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.claims_count IS 'Claims of the provider over all clients; null: none.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.declared_in_application_file IS 'The application names the provider; null: no application.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution.piece_working_url IS 'Address at which a piece was found; null: none or not observed.';

CREATE VIEW api_v1.client_report_storage_provider_distribution WITH (security_invoker='true') AS
 SELECT client_report_id,
    provider,
    total_deal_size,
    unique_data_size,
    retrievability_success_rate,
    retrievability_success_rate_http,
    retrievability_success_rate_url_finder,
    consistent_retrievability,
    inconsistent_retrievability,
    ttfb,
    bandwidth,
    ipni_reporting_status,
    ipni_reported_claims_count,
    claims_count,
    declared_in_application_file,
    piece_working_url,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client_report_storage_provider_distribution'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client_report_storage_provider_distribution;

ALTER VIEW api_v1.client_report_storage_provider_distribution OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client_report_storage_provider_distribution IS 'filplus.client_report_storage_provider_distribution as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.client_report_id IS 'Report in filplus.client_report.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.provider IS 'Storage provider, f0 and a number.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.total_deal_size IS 'Bytes.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.unique_data_size IS 'Bytes, each piece once.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.retrievability_success_rate IS 'Never written: the source was removed; always null.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.retrievability_success_rate_http IS 'Never written: the source was removed; always null.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.retrievability_success_rate_url_finder IS 'Newest measurement, 0 to 1; null: not measured.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.consistent_retrievability IS 'Share of valid CAR files, 0 to 1; null: not measured.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.inconsistent_retrievability IS '1 - consistent; null: not measured.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.ttfb IS 'Newest time to first byte, milliseconds; null: not measured.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.bandwidth IS 'Newest download speed, Mbps; null: not measured.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.ipni_reporting_status IS 'OK, MISREPORTING or NOT_REPORTING.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.ipni_reported_claims_count IS 'Advertised entries; null: no peer or no advertisement.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.claims_count IS 'Claims of the provider over all clients; null: none.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.declared_in_application_file IS 'The application names the provider; null: no application.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.piece_working_url IS 'Address at which a piece was found; null: none or not observed.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.client_report_storage_provider_distribution_location (
    client_report_id bigint CONSTRAINT client_report_storage_provider_distr_client_report_id_not_null1 NOT NULL,
    provider text CONSTRAINT client_report_storage_provider_distribution_l_provider_not_null NOT NULL,
    ip text,
    city text,
    region text,
    country text,
    loc text,
    org text,
    postal text,
    timezone text,
    hostname text
);

ALTER TABLE filplus.client_report_storage_provider_distribution_location OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution_location.client_report_id IS 'Report in filplus.client_report.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution_location.provider IS 'Storage provider, f0 and a number.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution_location.ip IS 'Address that the place is of; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution_location.city IS 'City; null: unknown.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution_location.region IS 'Region; null: unknown.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution_location.country IS 'Country code; null: unknown.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution_location.loc IS 'Latitude and longitude; null: unknown.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution_location.org IS 'Network that holds the address; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution_location.postal IS 'Postal code; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution_location.timezone IS 'Time zone; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN filplus.client_report_storage_provider_distribution_location.hostname IS 'Host name; never filled, always null.';

CREATE VIEW api_v1.client_report_storage_provider_distribution_location WITH (security_invoker='true') AS
 SELECT client_report_id,
    provider,
    ip,
    city,
    region,
    country,
    loc,
    org,
    postal,
    timezone,
    hostname,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/client_report_storage_provider_distribution_location'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.client_report_storage_provider_distribution_location;

ALTER VIEW api_v1.client_report_storage_provider_distribution_location OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.client_report_storage_provider_distribution_location IS 'filplus.client_report_storage_provider_distribution_location as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution_location.client_report_id IS 'Report in filplus.client_report.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution_location.provider IS 'Storage provider, f0 and a number.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution_location.ip IS 'Address that the place is of; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution_location.city IS 'City; null: unknown.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution_location.region IS 'Region; null: unknown.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution_location.country IS 'Country code; null: unknown.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution_location.loc IS 'Latitude and longitude; null: unknown.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution_location.org IS 'Network that holds the address; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution_location.postal IS 'Postal code; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution_location.timezone IS 'Time zone; null: not told, or looked up before it was kept.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution_location.hostname IS 'Host name; never filled, always null.';

COMMENT ON COLUMN api_v1.client_report_storage_provider_distribution_location.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.clients_stats_daily (
    date timestamp(3) without time zone NOT NULL,
    clients_with_active_deals integer NOT NULL,
    clients_who_have_dc_and_deals integer NOT NULL,
    total_remaining_clients_datacap bigint NOT NULL
);

ALTER TABLE filplus.clients_stats_daily OWNER TO cdp_owner;

COMMENT ON TABLE filplus.clients_stats_daily IS 'One row per UTC day: clients with active deals and the datacap that all clients have left, as counted on that day (compliance §3.19). The day of the clock is counted anew in each run; a past day stays as it was, and one that was not counted has no row.
';

COMMENT ON COLUMN filplus.clients_stats_daily.date IS 'Day 00:00 UTC on which it was counted.';

COMMENT ON COLUMN filplus.clients_stats_daily.clients_with_active_deals IS 'Clients with an event other than an allocation. Never null.';

COMMENT ON COLUMN filplus.clients_stats_daily.clients_who_have_dc_and_deals IS 'Of these, clients with datacap left. Never null.';

COMMENT ON COLUMN filplus.clients_stats_daily.total_remaining_clients_datacap IS 'Bytes that all clients have left. Never null.';

CREATE VIEW api_v1.clients_stats_daily WITH (security_invoker='true') AS
 SELECT (date)::date AS date,
    clients_with_active_deals,
    clients_who_have_dc_and_deals,
    total_remaining_clients_datacap,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/clients_stats_daily'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.clients_stats_daily;

ALTER VIEW api_v1.clients_stats_daily OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.clients_stats_daily IS 'filplus.clients_stats_daily as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.clients_stats_daily.date IS 'Day 00:00 UTC on which it was counted.';

COMMENT ON COLUMN api_v1.clients_stats_daily.clients_with_active_deals IS 'Clients with an event other than an allocation. Never null.';

COMMENT ON COLUMN api_v1.clients_stats_daily.clients_who_have_dc_and_deals IS 'Of these, clients with datacap left. Never null.';

COMMENT ON COLUMN api_v1.clients_stats_daily.total_remaining_clients_datacap IS 'Bytes that all clients have left. Never null.';

COMMENT ON COLUMN api_v1.clients_stats_daily.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.compliance_alerts (
    entity_type text NOT NULL,
    entity_id text NOT NULL,
    rule text NOT NULL,
    since timestamp(3) without time zone NOT NULL,
    value text NOT NULL,
    "limit" text NOT NULL,
    evidence_query text NOT NULL,
    CONSTRAINT compliance_alerts_entity_type_check CHECK ((entity_type = ANY (ARRAY['allocator'::text, 'client'::text, 'provider'::text])))
);

ALTER TABLE filplus.compliance_alerts OWNER TO cdp_owner;

COMMENT ON TABLE filplus.compliance_alerts IS 'One row per allocator, client or provider and rule that it breaks in its newest report or week. No row: it breaks none, or it has no report of the newest day.';

COMMENT ON COLUMN filplus.compliance_alerts.entity_type IS 'allocator, client or provider.';

COMMENT ON COLUMN filplus.compliance_alerts.entity_id IS 'f0 and a number.';

COMMENT ON COLUMN filplus.compliance_alerts.rule IS 'Code of the check or test that fails.';

COMMENT ON COLUMN filplus.compliance_alerts.since IS 'UTC: first report or week of the unbroken run of failures that lasts.';

COMMENT ON COLUMN filplus.compliance_alerts.value IS 'What was found.';

COMMENT ON COLUMN filplus.compliance_alerts."limit" IS 'What the rules of that report or week allow.';

COMMENT ON COLUMN filplus.compliance_alerts.evidence_query IS 'SQL that shows the rows behind it.';

CREATE VIEW api_v1.compliance_alerts WITH (security_invoker='true') AS
 SELECT entity_type,
    entity_id,
    rule,
    (since AT TIME ZONE 'UTC'::text) AS since,
    value,
    "limit",
    evidence_query,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/compliance_alerts'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.compliance_alerts;

ALTER VIEW api_v1.compliance_alerts OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.compliance_alerts IS 'filplus.compliance_alerts as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.compliance_alerts.entity_type IS 'allocator, client or provider.';

COMMENT ON COLUMN api_v1.compliance_alerts.entity_id IS 'f0 and a number.';

COMMENT ON COLUMN api_v1.compliance_alerts.rule IS 'Code of the check or test that fails.';

COMMENT ON COLUMN api_v1.compliance_alerts.since IS 'UTC: first report or week of the unbroken run of failures that lasts.';

COMMENT ON COLUMN api_v1.compliance_alerts.value IS 'What was found.';

COMMENT ON COLUMN api_v1.compliance_alerts."limit" IS 'What the rules of that report or week allow.';

COMMENT ON COLUMN api_v1.compliance_alerts.evidence_query IS 'SQL that shows the rows behind it.';

COMMENT ON COLUMN api_v1.compliance_alerts.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.compliance_histogram_weekly (
    week timestamp(3) without time zone NOT NULL,
    subject text NOT NULL,
    measure text NOT NULL,
    population text NOT NULL,
    value_from_exclusive integer NOT NULL,
    value_to_inclusive integer NOT NULL,
    num_of_values integer NOT NULL,
    total_bytes numeric NOT NULL,
    week_total integer NOT NULL,
    is_running boolean NOT NULL,
    CONSTRAINT compliance_histogram_weekly_check CHECK ((value_to_inclusive > value_from_exclusive)),
    CONSTRAINT compliance_histogram_weekly_check1 CHECK ((week_total >= num_of_values)),
    CONSTRAINT compliance_histogram_weekly_measure_check CHECK ((measure = ANY (ARRAY['retrievability'::text, 'biggest_client_share'::text, 'num_of_clients'::text]))),
    CONSTRAINT compliance_histogram_weekly_num_of_values_check CHECK ((num_of_values >= 0)),
    CONSTRAINT compliance_histogram_weekly_subject_check CHECK ((subject = ANY (ARRAY['allocators'::text, 'providers'::text])))
);

ALTER TABLE filplus.compliance_histogram_weekly OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.compliance_histogram_weekly.week IS 'Monday 00:00 UTC.';

COMMENT ON COLUMN filplus.compliance_histogram_weekly.subject IS 'allocators or providers.';

COMMENT ON COLUMN filplus.compliance_histogram_weekly.measure IS 'retrievability and biggest_client_share, in percent, or num_of_clients.';

COMMENT ON COLUMN filplus.compliance_histogram_weekly.population IS 'all; providers also open_data; allocators also registered (not rejected in registry or archive), edition_5, edition_6, open_data, open_data_edition_6.';

COMMENT ON COLUMN filplus.compliance_histogram_weekly.value_from_exclusive IS 'Left edge of the bucket, which does not belong to it: percent, or clients.';

COMMENT ON COLUMN filplus.compliance_histogram_weekly.value_to_inclusive IS 'Right edge of the bucket, which belongs to it: percent, or clients.';

COMMENT ON COLUMN filplus.compliance_histogram_weekly.num_of_values IS 'Providers or allocators in the bucket; 0 where a missing one was filled.';

COMMENT ON COLUMN filplus.compliance_histogram_weekly.total_bytes IS 'Bytes of these up to the week: deals of providers, grants of allocators.';

COMMENT ON COLUMN filplus.compliance_histogram_weekly.week_total IS 'Sum of num_of_values over the buckets of the week.';

COMMENT ON COLUMN filplus.compliance_histogram_weekly.is_running IS 'The week was not over when it was made; readers leave it out unless they ask for it.';

CREATE VIEW api_v1.compliance_histogram_weekly WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    subject,
    measure,
    population,
    value_from_exclusive,
    value_to_inclusive,
    num_of_values,
    total_bytes,
    week_total,
    is_running,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/compliance_histogram_weekly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.compliance_histogram_weekly;

ALTER VIEW api_v1.compliance_histogram_weekly OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.compliance_histogram_weekly IS 'filplus.compliance_histogram_weekly as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.compliance_histogram_weekly.week IS 'Monday 00:00 UTC.';

COMMENT ON COLUMN api_v1.compliance_histogram_weekly.subject IS 'allocators or providers.';

COMMENT ON COLUMN api_v1.compliance_histogram_weekly.measure IS 'retrievability and biggest_client_share, in percent, or num_of_clients.';

COMMENT ON COLUMN api_v1.compliance_histogram_weekly.population IS 'all; providers also open_data; allocators also registered (not rejected in registry or archive), edition_5, edition_6, open_data, open_data_edition_6.';

COMMENT ON COLUMN api_v1.compliance_histogram_weekly.value_from_exclusive IS 'Left edge of the bucket, which does not belong to it: percent, or clients.';

COMMENT ON COLUMN api_v1.compliance_histogram_weekly.value_to_inclusive IS 'Right edge of the bucket, which belongs to it: percent, or clients.';

COMMENT ON COLUMN api_v1.compliance_histogram_weekly.num_of_values IS 'Providers or allocators in the bucket; 0 where a missing one was filled.';

COMMENT ON COLUMN api_v1.compliance_histogram_weekly.total_bytes IS 'Bytes of these up to the week: deals of providers, grants of allocators.';

COMMENT ON COLUMN api_v1.compliance_histogram_weekly.week_total IS 'Sum of num_of_values over the buckets of the week.';

COMMENT ON COLUMN api_v1.compliance_histogram_weekly.is_running IS 'The week was not over when it was made; readers leave it out unless they ask for it.';

COMMENT ON COLUMN api_v1.compliance_histogram_weekly.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE VIEW api_v1.dashboard_shares WITH (security_invoker='true') AS
 WITH days AS (
         SELECT (generate_series((min(allocator_report.report_day))::timestamp with time zone, ((max(allocator_report.report_day) + 1))::timestamp with time zone, '1 day'::interval))::date AS cutoff_day
           FROM filplus.allocator_report
        )
 SELECT d.cutoff_day,
    count(s.score_share) AS num_of_allocators,
    count(*) FILTER (WHERE (s.standing = 'compliant'::text)) AS num_of_compliant,
    count(*) FILTER (WHERE (s.standing = 'nonCompliant'::text)) AS num_of_non_compliant,
    ((count(*) FILTER (WHERE (s.standing = 'compliant'::text)))::numeric / (NULLIF(count(s.score_share), 0))::numeric) AS compliant_share,
    ((count(*) FILTER (WHERE (s.standing = 'nonCompliant'::text)))::numeric / (NULLIF(count(s.score_share), 0))::numeric) AS non_compliant_share,
    ( SELECT s_1.as_of
           FROM ops.asset_partition_status s_1
          WHERE ((s_1.asset_key = 'filplus/allocator_report'::text) AND (s_1.state = 'MATERIALIZED'::text))
          ORDER BY s_1.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM (days d
     LEFT JOIN api_v1.allocator_score_shares s ON (((s.from_day <= d.cutoff_day) AND ((s.before_day IS NULL) OR (s.before_day > d.cutoff_day)))))
  GROUP BY d.cutoff_day;

ALTER VIEW api_v1.dashboard_shares OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.dashboard_shares IS 'One row per cutoff day from the first day of a report to the day after the last: how many allocators stand where, by the newest report of each up to midnight (compliance §5.4).
';

COMMENT ON COLUMN api_v1.dashboard_shares.cutoff_day IS 'UTC day; reports later than its midnight do not count.';

COMMENT ON COLUMN api_v1.dashboard_shares.num_of_allocators IS 'Allocators with a share of the score; both shares are relative to them.';

COMMENT ON COLUMN api_v1.dashboard_shares.num_of_compliant IS 'At or above the upper line of the rules.';

COMMENT ON COLUMN api_v1.dashboard_shares.num_of_non_compliant IS 'At or below the lower line of the rules.';

COMMENT ON COLUMN api_v1.dashboard_shares.compliant_share IS '0 to 1; null: no allocator has a score.';

COMMENT ON COLUMN api_v1.dashboard_shares.non_compliant_share IS '0 to 1; null: no allocator has a score.';

COMMENT ON COLUMN api_v1.dashboard_shares.data_as_of IS 'Clock of the run that made the newest partition of allocator_report (null before the first).';

CREATE TABLE filplus.ipni_publisher_advertisement (
    id text NOT NULL,
    previous_id text,
    publisher_id text NOT NULL,
    context_id text NOT NULL,
    entries_number bigint NOT NULL,
    is_rm boolean NOT NULL,
    CONSTRAINT ipni_publisher_advertisement_entries_number_check CHECK ((entries_number >= 0))
);

ALTER TABLE filplus.ipni_publisher_advertisement OWNER TO cdp_owner;

COMMENT ON TABLE filplus.ipni_publisher_advertisement IS 'One row per advertisement of an IPNI publisher whose entries were counted; removals are rows, too.';

COMMENT ON COLUMN filplus.ipni_publisher_advertisement.id IS 'CID of the advertisement.';

COMMENT ON COLUMN filplus.ipni_publisher_advertisement.previous_id IS 'CID of the advertisement before it; null for the first of a chain.';

COMMENT ON COLUMN filplus.ipni_publisher_advertisement.publisher_id IS 'Peer id that the advertisement names as provider.';

COMMENT ON COLUMN filplus.ipni_publisher_advertisement.context_id IS 'Context as published, base64.';

COMMENT ON COLUMN filplus.ipni_publisher_advertisement.entries_number IS 'Multihashes that the advertisement lists; 0 for one without entries.';

COMMENT ON COLUMN filplus.ipni_publisher_advertisement.is_rm IS 'The advertisement withdraws its context.';

CREATE VIEW api_v1.ipni_publisher_advertisement WITH (security_invoker='true') AS
 SELECT id,
    previous_id,
    publisher_id,
    context_id,
    entries_number,
    is_rm,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/ipni_publisher_advertisement'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.ipni_publisher_advertisement;

ALTER VIEW api_v1.ipni_publisher_advertisement OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.ipni_publisher_advertisement IS 'filplus.ipni_publisher_advertisement as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.ipni_publisher_advertisement.id IS 'CID of the advertisement.';

COMMENT ON COLUMN api_v1.ipni_publisher_advertisement.previous_id IS 'CID of the advertisement before it; null for the first of a chain.';

COMMENT ON COLUMN api_v1.ipni_publisher_advertisement.publisher_id IS 'Peer id that the advertisement names as provider.';

COMMENT ON COLUMN api_v1.ipni_publisher_advertisement.context_id IS 'Context as published, base64.';

COMMENT ON COLUMN api_v1.ipni_publisher_advertisement.entries_number IS 'Multihashes that the advertisement lists; 0 for one without entries.';

COMMENT ON COLUMN api_v1.ipni_publisher_advertisement.is_rm IS 'The advertisement withdraws its context.';

COMMENT ON COLUMN api_v1.ipni_publisher_advertisement.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.ipni_reporting_daily (
    date timestamp(3) without time zone NOT NULL,
    ok integer NOT NULL,
    not_reporting integer NOT NULL,
    misreporting integer NOT NULL,
    total integer NOT NULL,
    CONSTRAINT ipni_reporting_daily_check CHECK ((total = ((ok + not_reporting) + misreporting)))
);

ALTER TABLE filplus.ipni_reporting_daily OWNER TO cdp_owner;

COMMENT ON TABLE filplus.ipni_reporting_daily IS 'One row per UTC day with the number of providers by IPNI status.';

COMMENT ON COLUMN filplus.ipni_reporting_daily.date IS 'Day 00:00 UTC of the observation.';

COMMENT ON COLUMN filplus.ipni_reporting_daily.ok IS 'Providers that report at least half of their claims.';

COMMENT ON COLUMN filplus.ipni_reporting_daily.not_reporting IS 'Providers without peer id, advertisement or entries.';

COMMENT ON COLUMN filplus.ipni_reporting_daily.misreporting IS 'Providers that report less than half of their claims.';

COMMENT ON COLUMN filplus.ipni_reporting_daily.total IS 'All providers of the source.';

CREATE VIEW api_v1.ipni_reporting_daily WITH (security_invoker='true') AS
 SELECT (date)::date AS date,
    ok,
    not_reporting,
    misreporting,
    total,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/ipni_reporting_daily'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.ipni_reporting_daily;

ALTER VIEW api_v1.ipni_reporting_daily OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.ipni_reporting_daily IS 'filplus.ipni_reporting_daily as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.ipni_reporting_daily.date IS 'Day 00:00 UTC of the observation.';

COMMENT ON COLUMN api_v1.ipni_reporting_daily.ok IS 'Providers that report at least half of their claims.';

COMMENT ON COLUMN api_v1.ipni_reporting_daily.not_reporting IS 'Providers without peer id, advertisement or entries.';

COMMENT ON COLUMN api_v1.ipni_reporting_daily.misreporting IS 'Providers that report less than half of their claims.';

COMMENT ON COLUMN api_v1.ipni_reporting_daily.total IS 'All providers of the source.';

COMMENT ON COLUMN api_v1.ipni_reporting_daily.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE VIEW api_v1.latest_scores WITH (security_invoker='true') AS
 WITH newest AS (
         SELECT max(allocator_report.create_date) AS create_date
           FROM filplus.allocator_report
          WHERE (allocator_report.report_day = ( SELECT max(allocator_report_1.report_day) AS max
                   FROM filplus.allocator_report allocator_report_1))
        ), newest_week AS (
         SELECT max(allocators_weekly_acc.week) AS week
           FROM filplus.allocators_weekly_acc
        )
 SELECT row_number() OVER (ORDER BY latest.percentage DESC, g.allocator_id) AS "position",
    g.allocator_id AS allocator,
    a.name AS allocator_name,
    latest.data_type,
    latest.total AS total_score,
    latest.largest AS max_possible_score,
    to_char(latest.percentage, 'FM999.00'::text) AS score_percentage,
    to_char(week_ago.percentage, 'FM999.00'::text) AS week_ago_score_percentage,
    to_char(month_ago.percentage, 'FM999.00'::text) AS month_ago_score_percentage,
    COALESCE(w.total_sum_of_allocations, (0)::bigint) AS total_datacap,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_report'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM ((((((filplus.allocator_registry g
     CROSS JOIN newest)
     CROSS JOIN LATERAL ( SELECT r.data_type,
            sum(e.points) AS total,
            sum(e.largest_points) AS largest,
            COALESCE(((100.0 * (sum(e.points))::numeric) / (NULLIF(sum(e.largest_points), 0))::numeric), (100)::numeric) AS percentage
           FROM (( SELECT n.id,
                    n.data_type
                   FROM filplus.allocator_report n
                  WHERE ((n.allocator = g.allocator_id) AND (n.create_date <= (newest.create_date - '00:00:00'::interval)) AND (EXISTS ( SELECT
                           FROM filplus.allocator_score_explained x
                          WHERE (x.allocator_report_id = n.id))))
                  ORDER BY n.create_date DESC, n.report_number DESC
                 LIMIT 1) r
             JOIN filplus.allocator_score_explained e ON ((e.allocator_report_id = r.id)))
          GROUP BY r.data_type) latest)
     LEFT JOIN LATERAL ( SELECT r.data_type,
            sum(e.points) AS total,
            sum(e.largest_points) AS largest,
            COALESCE(((100.0 * (sum(e.points))::numeric) / (NULLIF(sum(e.largest_points), 0))::numeric), (100)::numeric) AS percentage
           FROM (( SELECT n.id,
                    n.data_type
                   FROM filplus.allocator_report n
                  WHERE ((n.allocator = g.allocator_id) AND (n.create_date <= (newest.create_date - '7 days'::interval)) AND (EXISTS ( SELECT
                           FROM filplus.allocator_score_explained x
                          WHERE (x.allocator_report_id = n.id))))
                  ORDER BY n.create_date DESC, n.report_number DESC
                 LIMIT 1) r
             JOIN filplus.allocator_score_explained e ON ((e.allocator_report_id = r.id)))
          GROUP BY r.data_type) week_ago ON (true))
     LEFT JOIN LATERAL ( SELECT r.data_type,
            sum(e.points) AS total,
            sum(e.largest_points) AS largest,
            COALESCE(((100.0 * (sum(e.points))::numeric) / (NULLIF(sum(e.largest_points), 0))::numeric), (100)::numeric) AS percentage
           FROM (( SELECT n.id,
                    n.data_type
                   FROM filplus.allocator_report n
                  WHERE ((n.allocator = g.allocator_id) AND (n.create_date <= (newest.create_date - '30 days'::interval)) AND (EXISTS ( SELECT
                           FROM filplus.allocator_score_explained x
                          WHERE (x.allocator_report_id = n.id))))
                  ORDER BY n.create_date DESC, n.report_number DESC
                 LIMIT 1) r
             JOIN filplus.allocator_score_explained e ON ((e.allocator_report_id = r.id)))
          GROUP BY r.data_type) month_ago ON (true))
     LEFT JOIN filplus.allocator a ON ((a.id = g.allocator_id)))
     LEFT JOIN filplus.allocators_weekly_acc w ON (((w.allocator = g.allocator_id) AND (w.week = ( SELECT newest_week.week
           FROM newest_week)))))
  WHERE (a.is_metaallocator IS NOT TRUE);

ALTER VIEW api_v1.latest_scores OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.latest_scores IS 'One row per allocator of the registry that is no metaallocator and has a scored report: its newest score, and those of its newest reports at least 7 and 30 days old, counted from the newest report of all (compliance §5.4). Percentages are text as on the live platform, .00 for 0. Readers order by position.
';

COMMENT ON COLUMN api_v1.latest_scores."position" IS 'Place by percentage, the highest first, then by allocator.';

COMMENT ON COLUMN api_v1.latest_scores.allocator IS 'Allocator, f0 and a number.';

COMMENT ON COLUMN api_v1.latest_scores.allocator_name IS 'Name; null when the source has none.';

COMMENT ON COLUMN api_v1.latest_scores.data_type IS 'Of the report: openData or enterprise.';

COMMENT ON COLUMN api_v1.latest_scores.total_score IS 'Sum of the points.';

COMMENT ON COLUMN api_v1.latest_scores.max_possible_score IS 'Sum of the most points that each component can give.';

COMMENT ON COLUMN api_v1.latest_scores.score_percentage IS 'Points of the most possible, two decimals, without a zero before the point.';

COMMENT ON COLUMN api_v1.latest_scores.week_ago_score_percentage IS 'The same of the report at least 7 days older; null: none.';

COMMENT ON COLUMN api_v1.latest_scores.month_ago_score_percentage IS 'The same of the report at least 30 days older; null: none.';

COMMENT ON COLUMN api_v1.latest_scores.total_datacap IS 'Bytes granted up to the newest week of allocators_weekly_acc; 0 without a row.';

COMMENT ON COLUMN api_v1.latest_scores.data_as_of IS 'Clock of the run that made the newest partition of allocator_report (null before the first).';

CREATE TABLE filplus.old_datacap_balance_nv22 (
    allocator text NOT NULL,
    old_dc_balance bigint NOT NULL
);

ALTER TABLE filplus.old_datacap_balance_nv22 OWNER TO cdp_owner;

COMMENT ON TABLE filplus.old_datacap_balance_nv22 IS 'One row per allocator that both received and granted datacap before 2024-03-01T00:00Z: what it had left then (compliance §3.20). An allocator that granted nothing before has no row, as on the live platform. Constant but for corrections of the source.
';

COMMENT ON COLUMN filplus.old_datacap_balance_nv22.allocator IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN filplus.old_datacap_balance_nv22.old_dc_balance IS 'Bytes of datacap from before 2024-03-01T00:00Z that are left. Never null, at least 0.';

CREATE VIEW api_v1.old_datacap_balance_nv22 WITH (security_invoker='true') AS
 SELECT allocator,
    old_dc_balance,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/old_datacap_balance_nv22'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.old_datacap_balance_nv22;

ALTER VIEW api_v1.old_datacap_balance_nv22 OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.old_datacap_balance_nv22 IS 'filplus.old_datacap_balance_nv22 as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.old_datacap_balance_nv22.allocator IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN api_v1.old_datacap_balance_nv22.old_dc_balance IS 'Bytes of datacap from before 2024-03-01T00:00Z that are left. Never null, at least 0.';

COMMENT ON COLUMN api_v1.old_datacap_balance_nv22.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.old_datacap_balance_weekly (
    week timestamp(3) without time zone NOT NULL,
    allocator text NOT NULL,
    old_dc_balance bigint NOT NULL,
    allocations bigint NOT NULL
);

ALTER TABLE filplus.old_datacap_balance_weekly OWNER TO cdp_owner;

COMMENT ON TABLE filplus.old_datacap_balance_weekly IS 'One row per week and allocator of old_datacap_balance_nv22: what is left of the datacap from before 2024-03-01T00:00Z when grants spend it first (compliance §3.20). Weeks begin on Mondays, the first is 2024-02-19; the running week is there from its first hour (R-10).
';

COMMENT ON COLUMN filplus.old_datacap_balance_weekly.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN filplus.old_datacap_balance_weekly.allocator IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN filplus.old_datacap_balance_weekly.old_dc_balance IS 'Bytes of datacap from before 2024-03-01T00:00Z that are left. Never null, at least 0.';

COMMENT ON COLUMN filplus.old_datacap_balance_weekly.allocations IS 'Bytes of old datacap granted in the week. Never null, 0 in the first week.';

CREATE VIEW api_v1.old_datacap_balance_weekly WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    allocator,
    old_dc_balance,
    allocations,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/old_datacap_balance_weekly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.old_datacap_balance_weekly;

ALTER VIEW api_v1.old_datacap_balance_weekly OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.old_datacap_balance_weekly IS 'filplus.old_datacap_balance_weekly as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.old_datacap_balance_weekly.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN api_v1.old_datacap_balance_weekly.allocator IS 'Allocator id, `f0` and a number.';

COMMENT ON COLUMN api_v1.old_datacap_balance_weekly.old_dc_balance IS 'Bytes of datacap from before 2024-03-01T00:00Z that are left. Never null, at least 0.';

COMMENT ON COLUMN api_v1.old_datacap_balance_weekly.allocations IS 'Bytes of old datacap granted in the week. Never null, 0 in the first week.';

COMMENT ON COLUMN api_v1.old_datacap_balance_weekly.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.old_datacap_client_balance_nv22 (
    client text NOT NULL,
    old_dc_balance bigint NOT NULL
);

ALTER TABLE filplus.old_datacap_client_balance_nv22 OWNER TO cdp_owner;

COMMENT ON TABLE filplus.old_datacap_client_balance_nv22 IS 'One row per client that was granted datacap before 2024-03-01T00:00Z: what it had left then (compliance §3.20). Made from grants and deals before that instant. Constant but for corrections of the source.
';

COMMENT ON COLUMN filplus.old_datacap_client_balance_nv22.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN filplus.old_datacap_client_balance_nv22.old_dc_balance IS 'Bytes of datacap from before 2024-03-01T00:00Z that are left. Never null, at least 0.';

CREATE VIEW api_v1.old_datacap_client_balance_nv22 WITH (security_invoker='true') AS
 SELECT client,
    old_dc_balance,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/old_datacap_client_balance_nv22'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.old_datacap_client_balance_nv22;

ALTER VIEW api_v1.old_datacap_client_balance_nv22 OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.old_datacap_client_balance_nv22 IS 'filplus.old_datacap_client_balance_nv22 as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.old_datacap_client_balance_nv22.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN api_v1.old_datacap_client_balance_nv22.old_dc_balance IS 'Bytes of datacap from before 2024-03-01T00:00Z that are left. Never null, at least 0.';

COMMENT ON COLUMN api_v1.old_datacap_client_balance_nv22.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.old_datacap_client_balance_weekly (
    week timestamp(3) without time zone NOT NULL,
    client text NOT NULL,
    old_dc_balance bigint NOT NULL,
    claims bigint NOT NULL
);

ALTER TABLE filplus.old_datacap_client_balance_weekly OWNER TO cdp_owner;

COMMENT ON TABLE filplus.old_datacap_client_balance_weekly IS 'One row per week and client with old datacap or claims against it: what is left of datacap from before 2024-03-01T00:00Z, and how much was claimed (compliance §3.20). Grants spend the old datacap of an allocator first, in the order of weeks and client ids. A week without balance and claims has no row; claims of a client that began without a balance count only in weeks with a grant (R-17).
';

COMMENT ON COLUMN filplus.old_datacap_client_balance_weekly.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN filplus.old_datacap_client_balance_weekly.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN filplus.old_datacap_client_balance_weekly.old_dc_balance IS 'Bytes of datacap from before 2024-03-01T00:00Z that are left. Never null, at least 0.';

COMMENT ON COLUMN filplus.old_datacap_client_balance_weekly.claims IS 'Bytes of old datacap that deals of the week used. Never null.';

CREATE VIEW api_v1.old_datacap_client_balance_weekly WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    client,
    old_dc_balance,
    claims,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/old_datacap_client_balance_weekly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.old_datacap_client_balance_weekly;

ALTER VIEW api_v1.old_datacap_client_balance_weekly OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.old_datacap_client_balance_weekly IS 'filplus.old_datacap_client_balance_weekly as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.old_datacap_client_balance_weekly.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN api_v1.old_datacap_client_balance_weekly.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN api_v1.old_datacap_client_balance_weekly.old_dc_balance IS 'Bytes of datacap from before 2024-03-01T00:00Z that are left. Never null, at least 0.';

COMMENT ON COLUMN api_v1.old_datacap_client_balance_weekly.claims IS 'Bytes of old datacap that deals of the week used. Never null.';

COMMENT ON COLUMN api_v1.old_datacap_client_balance_weekly.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.provider (
    id text NOT NULL,
    num_of_deals integer NOT NULL,
    total_deal_size bigint NOT NULL,
    num_of_clients integer NOT NULL,
    last_deal_height integer NOT NULL,
    first_deal_height integer NOT NULL
);

ALTER TABLE filplus.provider OWNER TO cdp_owner;

COMMENT ON TABLE filplus.provider IS 'One row per storage provider that the source lists, with its sealed deals of the whole history, also before the programme (compliance §3.16). Deals whose sector is 0 or unknown are not sealed and not counted; all figures are 0 without any.
';

COMMENT ON COLUMN filplus.provider.id IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN filplus.provider.num_of_deals IS 'Sealed deals. Never null.';

COMMENT ON COLUMN filplus.provider.total_deal_size IS 'Bytes of sealed deals. Never null.';

COMMENT ON COLUMN filplus.provider.num_of_clients IS 'Clients with sealed deals. Never null.';

COMMENT ON COLUMN filplus.provider.last_deal_height IS 'Highest start of a sealed deal as chain height; 0 without any.';

COMMENT ON COLUMN filplus.provider.first_deal_height IS 'Lowest start of a sealed deal as chain height; 0 without any.';

CREATE VIEW api_v1.provider WITH (security_invoker='true') AS
 SELECT id,
    num_of_deals,
    total_deal_size,
    num_of_clients,
    last_deal_height,
    first_deal_height,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/provider'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.provider;

ALTER VIEW api_v1.provider OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.provider IS 'filplus.provider as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.provider.id IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN api_v1.provider.num_of_deals IS 'Sealed deals. Never null.';

COMMENT ON COLUMN api_v1.provider.total_deal_size IS 'Bytes of sealed deals. Never null.';

COMMENT ON COLUMN api_v1.provider.num_of_clients IS 'Clients with sealed deals. Never null.';

COMMENT ON COLUMN api_v1.provider.last_deal_height IS 'Highest start of a sealed deal as chain height; 0 without any.';

COMMENT ON COLUMN api_v1.provider.first_deal_height IS 'Lowest start of a sealed deal as chain height; 0 without any.';

COMMENT ON COLUMN api_v1.provider.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.retrievability_average_weekly (
    week timestamp(3) without time zone NOT NULL,
    average_of text NOT NULL,
    num_of_providers integer NOT NULL,
    average_retrievability numeric,
    CONSTRAINT retrievability_average_weekly_average_of_check CHECK ((average_of = ANY (ARRAY['all'::text, 'open_data'::text, 'open_data_edition_5'::text, 'open_data_edition_6'::text]))),
    CONSTRAINT retrievability_average_weekly_num_of_providers_check CHECK ((num_of_providers >= 0))
);

ALTER TABLE filplus.retrievability_average_weekly OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.retrievability_average_weekly.week IS 'Monday 00:00 UTC.';

COMMENT ON COLUMN filplus.retrievability_average_weekly.average_of IS 'Whose mean retrievability is R: all providers, open_data (of any edition), open_data_edition_5 or open_data_edition_6: of non-rejected allocators of that edition.';

COMMENT ON COLUMN filplus.retrievability_average_weekly.num_of_providers IS 'Providers of the week that the mean is over.';

COMMENT ON COLUMN filplus.retrievability_average_weekly.average_retrievability IS 'Plain mean over providers, 0 to 1, zeros included; null: there is none.';

CREATE TABLE filplus.storage_provider_compliance_weekly (
    week timestamp(3) without time zone NOT NULL,
    provider text NOT NULL,
    num_of_clients integer NOT NULL,
    biggest_client_total_deal_size bigint CONSTRAINT storage_provider_compliance_biggest_client_total_deal__not_null NOT NULL,
    total_deal_size bigint NOT NULL,
    retrievability double precision NOT NULL,
    is_open_data boolean NOT NULL,
    open_data_average double precision,
    overall_average double precision,
    is_above_open_data_average boolean CONSTRAINT storage_provider_compliance_is_above_open_data_average_not_null NOT NULL,
    is_above_overall_average boolean CONSTRAINT storage_provider_compliance_w_is_above_overall_average_not_null NOT NULL,
    has_enough_clients boolean NOT NULL,
    is_spread boolean NOT NULL,
    compliance_score text NOT NULL,
    overall_compliance_score text CONSTRAINT storage_provider_compliance_w_overall_compliance_score_not_null NOT NULL,
    rule_version integer NOT NULL,
    is_measured boolean NOT NULL,
    CONSTRAINT storage_provider_compliance_week_overall_compliance_score_check CHECK ((overall_compliance_score = ANY (ARRAY['compliant'::text, 'partiallyCompliant'::text, 'nonCompliant'::text]))),
    CONSTRAINT storage_provider_compliance_weekly_compliance_score_check CHECK ((compliance_score = ANY (ARRAY['compliant'::text, 'partiallyCompliant'::text, 'nonCompliant'::text])))
);

ALTER TABLE filplus.storage_provider_compliance_weekly OWNER TO cdp_owner;

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.week IS 'Monday 00:00 UTC.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.provider IS 'Storage provider, f0 and a number.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.num_of_clients IS 'Clients of the provider so far.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.biggest_client_total_deal_size IS 'Bytes of its biggest client.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.total_deal_size IS 'Bytes.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.retrievability IS 'Of the last test day of the week, 0 to 1; 0 where not measured.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.is_open_data IS 'A client with a public dataset of a non-rejected allocator stores there.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.open_data_average IS 'Mean retrievability of the week''s open-data providers; null: none.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.overall_average IS 'Mean retrievability of the week''s providers; null: none.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.is_above_open_data_average IS 'The first test, against the open-data average.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.is_above_overall_average IS 'The first test, against the average of all.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.has_enough_clients IS 'The second test: more than 3 clients.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.is_spread IS 'The third test: the biggest client has 30 % at most.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.compliance_score IS 'compliant, partiallyCompliant or nonCompliant.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.overall_compliance_score IS 'The same with the average of all providers.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN filplus.storage_provider_compliance_weekly.is_measured IS 'The retrievability was measured; false: its 0 stands for no measurement.';

CREATE VIEW api_v1.provider_compliance_by_average WITH (security_invoker='true') AS
 SELECT (p.week)::date AS week,
    p.provider,
    a.average_of,
    s.check_retrievability,
    s.check_number_of_clients,
    s.check_total_deal_size,
    p.total_deal_size,
    p.retrievability,
    a.average_retrievability,
    t.is_above_average,
    p.has_enough_clients,
    p.is_spread,
        CASE
            WHEN ((t.is_above_average OR (NOT s.check_retrievability)) AND (p.has_enough_clients OR (NOT s.check_number_of_clients)) AND (p.is_spread OR (NOT s.check_total_deal_size))) THEN 'compliant'::text
            WHEN (t.is_above_average OR p.has_enough_clients OR p.is_spread OR (NOT (s.check_retrievability AND s.check_number_of_clients AND s.check_total_deal_size))) THEN 'partiallyCompliant'::text
            ELSE 'nonCompliant'::text
        END AS compliance_score,
    p.rule_version,
    ( SELECT s_1.as_of
           FROM ops.asset_partition_status s_1
          WHERE ((s_1.asset_key = 'filplus/storage_provider_compliance_weekly'::text) AND (s_1.state = 'MATERIALIZED'::text))
          ORDER BY s_1.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM (((filplus.storage_provider_compliance_weekly p
     JOIN filplus.retrievability_average_weekly a ON ((a.week = p.week)))
     CROSS JOIN LATERAL ( SELECT COALESCE((((p.retrievability)::text)::numeric > NULLIF(a.average_retrievability, (0)::numeric)), false) AS is_above_average) t)
     CROSS JOIN ( SELECT r.check_retrievability,
            c.check_number_of_clients,
            z.check_total_deal_size
           FROM ((( VALUES (true), (false)) r(check_retrievability)
             CROSS JOIN ( VALUES (true), (false)) c(check_number_of_clients))
             CROSS JOIN ( VALUES (true), (false)) z(check_total_deal_size))) s);

ALTER VIEW api_v1.provider_compliance_by_average OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.provider_compliance_by_average IS 'One row per week, provider, mean that it is compared with and combination of the three switches (compliance §6.5). A test that is off gives its point.
';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.week IS 'Monday 00:00 UTC.';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.provider IS 'Storage provider, f0 and a number.';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.average_of IS 'Whose mean retrievability is R: all providers, open_data (of any edition), open_data_edition_5 or open_data_edition_6: of non-rejected allocators of that edition.';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.check_retrievability IS 'The first test counts; off, it gives its point.';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.check_number_of_clients IS 'The second test counts; off, it gives its point.';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.check_total_deal_size IS 'The third test counts; off, it gives its point.';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.total_deal_size IS 'Bytes of the provider up to the week.';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.retrievability IS 'Of the last test day of the week, 0 to 1; 0 where not tested.';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.average_retrievability IS 'Plain mean over providers, 0 to 1, zeros included; null: there is none.';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.is_above_average IS 'The first test: above a mean that is not 0.';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.has_enough_clients IS 'The second test: more than 3 clients.';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.is_spread IS 'The third test: the biggest client has 30 % at most.';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.compliance_score IS 'compliant, partiallyCompliant or nonCompliant.';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN api_v1.provider_compliance_by_average.data_as_of IS 'Clock of the run that made the newest partition of storage_provider_compliance_weekly (null before the first).';

CREATE TABLE filplus.provider_filscan_info (
    date timestamp(3) without time zone NOT NULL,
    provider text NOT NULL,
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
    terminate_sector_count bigint
);

ALTER TABLE filplus.provider_filscan_info OWNER TO cdp_owner;

COMMENT ON TABLE filplus.provider_filscan_info IS 'One row per UTC day and provider with what Filscan shows of its account.';

COMMENT ON COLUMN filplus.provider_filscan_info.date IS 'Day 00:00 UTC of the observation.';

COMMENT ON COLUMN filplus.provider_filscan_info.provider IS 'Provider, f0 and a number.';

COMMENT ON COLUMN filplus.provider_filscan_info.account_id IS 'Account as Filscan names it.';

COMMENT ON COLUMN filplus.provider_filscan_info.balance IS 'Balance in attoFIL. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.available_balance IS 'Balance free to use in attoFIL. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.init_pledge IS 'Initial pledge in attoFIL. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.pre_deposits IS 'Pre-commit deposits in attoFIL. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.locked_balance IS 'Locked rewards in attoFIL. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.quality_adjust_power IS 'Quality-adjusted power in bytes. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.quality_power_rank IS 'Rank by quality-adjusted power, 1 is the largest. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.quality_power_percentage IS 'Share of the network''s power as Filscan writes it. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.raw_power IS 'Raw power in bytes. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.total_block_count IS 'Blocks mined. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.total_win_count IS 'Winning tickets. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.total_reward IS 'Rewards earned in attoFIL. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.sector_size IS 'Bytes of one sector. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.sector_count IS 'Sectors. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.live_sector_count IS 'Live sectors. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.fault_sector_count IS 'Faulty sectors. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.recover_sector_count IS 'Sectors in recovery. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.active_sector_count IS 'Active sectors. Null: not shown.';

COMMENT ON COLUMN filplus.provider_filscan_info.terminate_sector_count IS 'Terminated sectors. Null: not shown.';

CREATE VIEW api_v1.provider_filscan_info WITH (security_invoker='true') AS
 SELECT (date)::date AS date,
    provider,
    account_id,
    balance,
    available_balance,
    init_pledge,
    pre_deposits,
    locked_balance,
    quality_adjust_power,
    quality_power_rank,
    quality_power_percentage,
    raw_power,
    total_block_count,
    total_win_count,
    total_reward,
    sector_size,
    sector_count,
    live_sector_count,
    fault_sector_count,
    recover_sector_count,
    active_sector_count,
    terminate_sector_count,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/provider_filscan_info'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.provider_filscan_info;

ALTER VIEW api_v1.provider_filscan_info OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.provider_filscan_info IS 'filplus.provider_filscan_info as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.provider_filscan_info.date IS 'Day 00:00 UTC of the observation.';

COMMENT ON COLUMN api_v1.provider_filscan_info.provider IS 'Provider, f0 and a number.';

COMMENT ON COLUMN api_v1.provider_filscan_info.account_id IS 'Account as Filscan names it.';

COMMENT ON COLUMN api_v1.provider_filscan_info.balance IS 'Balance in attoFIL. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.available_balance IS 'Balance free to use in attoFIL. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.init_pledge IS 'Initial pledge in attoFIL. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.pre_deposits IS 'Pre-commit deposits in attoFIL. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.locked_balance IS 'Locked rewards in attoFIL. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.quality_adjust_power IS 'Quality-adjusted power in bytes. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.quality_power_rank IS 'Rank by quality-adjusted power, 1 is the largest. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.quality_power_percentage IS 'Share of the network''s power as Filscan writes it. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.raw_power IS 'Raw power in bytes. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.total_block_count IS 'Blocks mined. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.total_win_count IS 'Winning tickets. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.total_reward IS 'Rewards earned in attoFIL. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.sector_size IS 'Bytes of one sector. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.sector_count IS 'Sectors. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.live_sector_count IS 'Live sectors. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.fault_sector_count IS 'Faulty sectors. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.recover_sector_count IS 'Sectors in recovery. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.active_sector_count IS 'Active sectors. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.terminate_sector_count IS 'Terminated sectors. Null: not shown.';

COMMENT ON COLUMN api_v1.provider_filscan_info.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.provider_first_client (
    provider text NOT NULL,
    first_client text NOT NULL
);

ALTER TABLE filplus.provider_first_client OWNER TO cdp_owner;

COMMENT ON TABLE filplus.provider_first_client IS 'One row per provider with a deal: the client of its first hour (compliance §3.3). Several clients in that hour: the smallest id as text. Made from unified_verified_deal_hourly.
';

COMMENT ON COLUMN filplus.provider_first_client.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN filplus.provider_first_client.first_client IS 'Client id, `f0` and a number.';

CREATE VIEW api_v1.provider_first_client WITH (security_invoker='true') AS
 SELECT provider,
    first_client,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/provider_first_client'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.provider_first_client;

ALTER VIEW api_v1.provider_first_client OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.provider_first_client IS 'filplus.provider_first_client as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.provider_first_client.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN api_v1.provider_first_client.first_client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN api_v1.provider_first_client.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.provider_ip_info (
    provider text NOT NULL,
    date timestamp(3) without time zone NOT NULL,
    lat text,
    long text,
    country text,
    region text,
    city text,
    ip text,
    org text,
    postal text,
    timezone text
);

ALTER TABLE filplus.provider_ip_info OWNER TO cdp_owner;

COMMENT ON TABLE filplus.provider_ip_info IS 'One row per provider and look-up of its location; history is kept, the newest row counts.';

COMMENT ON COLUMN filplus.provider_ip_info.provider IS 'Provider, f0 and a number.';

COMMENT ON COLUMN filplus.provider_ip_info.date IS 'Instant of the look-up, UTC.';

COMMENT ON COLUMN filplus.provider_ip_info.lat IS 'Latitude in degrees as the service writes it. Null: no location found.';

COMMENT ON COLUMN filplus.provider_ip_info.long IS 'Longitude in degrees as the service writes it. Null: no location found.';

COMMENT ON COLUMN filplus.provider_ip_info.country IS 'ISO country code. Null: no location found.';

COMMENT ON COLUMN filplus.provider_ip_info.region IS 'Region. Null: not found.';

COMMENT ON COLUMN filplus.provider_ip_info.city IS 'City. Null: not found.';

COMMENT ON COLUMN filplus.provider_ip_info.ip IS 'Address that the place is of. Null: not told, or looked up before it was kept.';

COMMENT ON COLUMN filplus.provider_ip_info.org IS 'Network that holds the address. Null: not told, or looked up before it was kept.';

COMMENT ON COLUMN filplus.provider_ip_info.postal IS 'Postal code. Null: not told, or looked up before it was kept.';

COMMENT ON COLUMN filplus.provider_ip_info.timezone IS 'Time zone. Null: not told, or looked up before it was kept.';

CREATE VIEW api_v1.provider_ip_info WITH (security_invoker='true') AS
 SELECT provider,
    (date AT TIME ZONE 'UTC'::text) AS date,
    lat,
    long,
    country,
    region,
    city,
    ip,
    org,
    postal,
    timezone,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/provider_ip_info'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.provider_ip_info;

ALTER VIEW api_v1.provider_ip_info OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.provider_ip_info IS 'filplus.provider_ip_info as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.provider_ip_info.provider IS 'Provider, f0 and a number.';

COMMENT ON COLUMN api_v1.provider_ip_info.date IS 'Instant of the look-up, UTC.';

COMMENT ON COLUMN api_v1.provider_ip_info.lat IS 'Latitude in degrees as the service writes it. Null: no location found.';

COMMENT ON COLUMN api_v1.provider_ip_info.long IS 'Longitude in degrees as the service writes it. Null: no location found.';

COMMENT ON COLUMN api_v1.provider_ip_info.country IS 'ISO country code. Null: no location found.';

COMMENT ON COLUMN api_v1.provider_ip_info.region IS 'Region. Null: not found.';

COMMENT ON COLUMN api_v1.provider_ip_info.city IS 'City. Null: not found.';

COMMENT ON COLUMN api_v1.provider_ip_info.ip IS 'Address that the place is of. Null: not told, or looked up before it was kept.';

COMMENT ON COLUMN api_v1.provider_ip_info.org IS 'Network that holds the address. Null: not told, or looked up before it was kept.';

COMMENT ON COLUMN api_v1.provider_ip_info.postal IS 'Postal code. Null: not told, or looked up before it was kept.';

COMMENT ON COLUMN api_v1.provider_ip_info.timezone IS 'Time zone. Null: not told, or looked up before it was kept.';

COMMENT ON COLUMN api_v1.provider_ip_info.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.provider_ipni_reporting (
    provider text NOT NULL,
    ipni_reporting_status text NOT NULL,
    ipni_reported_claims_count bigint,
    claims_count bigint,
    peer_id text,
    data_as_of timestamp(3) without time zone NOT NULL,
    CONSTRAINT provider_ipni_reporting_ipni_reporting_status_check CHECK ((ipni_reporting_status = ANY (ARRAY['OK'::text, 'NOT_REPORTING'::text, 'MISREPORTING'::text])))
);

ALTER TABLE filplus.provider_ipni_reporting OWNER TO cdp_owner;

COMMENT ON TABLE filplus.provider_ipni_reporting IS 'One row per provider with its IPNI status as last computed; replaced as a whole.';

COMMENT ON COLUMN filplus.provider_ipni_reporting.provider IS 'Provider, f0 and a number.';

COMMENT ON COLUMN filplus.provider_ipni_reporting.ipni_reporting_status IS 'OK, NOT_REPORTING or MISREPORTING.';

COMMENT ON COLUMN filplus.provider_ipni_reporting.ipni_reported_claims_count IS 'Entries advertised under the provider''s peer id. Null: no peer id or no advertisement.';

COMMENT ON COLUMN filplus.provider_ipni_reporting.claims_count IS 'Claims of the provider over all clients. Null: none.';

COMMENT ON COLUMN filplus.provider_ipni_reporting.peer_id IS 'Peer id used, from the contract or the node. Null: none is published.';

COMMENT ON COLUMN filplus.provider_ipni_reporting.data_as_of IS 'Clock of the run that computed the rows, UTC.';

CREATE VIEW api_v1.provider_ipni_reporting WITH (security_invoker='true') AS
 SELECT provider,
    ipni_reporting_status,
    ipni_reported_claims_count,
    claims_count,
    peer_id,
    (data_as_of AT TIME ZONE 'UTC'::text) AS data_as_of
   FROM filplus.provider_ipni_reporting;

ALTER VIEW api_v1.provider_ipni_reporting OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.provider_ipni_reporting IS 'filplus.provider_ipni_reporting as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.provider_ipni_reporting.provider IS 'Provider, f0 and a number.';

COMMENT ON COLUMN api_v1.provider_ipni_reporting.ipni_reporting_status IS 'OK, NOT_REPORTING or MISREPORTING.';

COMMENT ON COLUMN api_v1.provider_ipni_reporting.ipni_reported_claims_count IS 'Entries advertised under the provider''s peer id. Null: no peer id or no advertisement.';

COMMENT ON COLUMN api_v1.provider_ipni_reporting.claims_count IS 'Claims of the provider over all clients. Null: none.';

COMMENT ON COLUMN api_v1.provider_ipni_reporting.peer_id IS 'Peer id used, from the contract or the node. Null: none is published.';

COMMENT ON COLUMN api_v1.provider_ipni_reporting.data_as_of IS 'Clock of the run that computed the rows, UTC.';

CREATE TABLE filplus.provider_retrievability_daily (
    date timestamp(3) without time zone NOT NULL,
    provider text NOT NULL,
    total integer NOT NULL,
    successful integer NOT NULL,
    success_rate double precision NOT NULL,
    successful_http integer,
    success_rate_http double precision,
    CONSTRAINT provider_retrievability_daily_check CHECK (((successful >= 0) AND (successful <= total))),
    CONSTRAINT provider_retrievability_daily_check1 CHECK (((successful_http >= 0) AND (successful_http <= total))),
    CONSTRAINT provider_retrievability_daily_total_check CHECK ((total >= 0))
);

ALTER TABLE filplus.provider_retrievability_daily OWNER TO cdp_owner;

COMMENT ON TABLE filplus.provider_retrievability_daily IS 'One row per UTC day and provider with FilSpark''s retrieval tries and successes.';

COMMENT ON COLUMN filplus.provider_retrievability_daily.date IS 'Day 00:00 UTC that the tries belong to.';

COMMENT ON COLUMN filplus.provider_retrievability_daily.provider IS 'Provider, f0 and a number.';

COMMENT ON COLUMN filplus.provider_retrievability_daily.total IS 'Tries of the day.';

COMMENT ON COLUMN filplus.provider_retrievability_daily.successful IS 'Successful tries of the day.';

COMMENT ON COLUMN filplus.provider_retrievability_daily.success_rate IS 'Successful tries divided by tries, 0 to 1; 0 without a try.';

COMMENT ON COLUMN filplus.provider_retrievability_daily.successful_http IS 'Successful tries over HTTP. Null: not told.';

COMMENT ON COLUMN filplus.provider_retrievability_daily.success_rate_http IS 'Successful HTTP tries divided by tries, 0 to 1. Null: not told.';

CREATE VIEW api_v1.provider_retrievability_daily WITH (security_invoker='true') AS
 SELECT (date)::date AS date,
    provider,
    total,
    successful,
    success_rate,
    successful_http,
    success_rate_http,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/provider_retrievability_daily'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.provider_retrievability_daily;

ALTER VIEW api_v1.provider_retrievability_daily OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.provider_retrievability_daily IS 'filplus.provider_retrievability_daily as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.provider_retrievability_daily.date IS 'Day 00:00 UTC that the tries belong to.';

COMMENT ON COLUMN api_v1.provider_retrievability_daily.provider IS 'Provider, f0 and a number.';

COMMENT ON COLUMN api_v1.provider_retrievability_daily.total IS 'Tries of the day.';

COMMENT ON COLUMN api_v1.provider_retrievability_daily.successful IS 'Successful tries of the day.';

COMMENT ON COLUMN api_v1.provider_retrievability_daily.success_rate IS 'Successful tries divided by tries, 0 to 1; 0 without a try.';

COMMENT ON COLUMN api_v1.provider_retrievability_daily.successful_http IS 'Successful tries over HTTP. Null: not told.';

COMMENT ON COLUMN api_v1.provider_retrievability_daily.success_rate_http IS 'Successful HTTP tries divided by tries, 0 to 1. Null: not told.';

COMMENT ON COLUMN api_v1.provider_retrievability_daily.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.provider_url_finder_retrievability_daily (
    date timestamp(3) without time zone NOT NULL,
    provider text NOT NULL,
    success_rate double precision
);

ALTER TABLE filplus.provider_url_finder_retrievability_daily OWNER TO cdp_owner;

COMMENT ON TABLE filplus.provider_url_finder_retrievability_daily IS 'One row per UTC day and provider: retrievability as the URL finder measured it that day (compliance §3.19). A provider without a row was not known to the URL finder; a day without rows was not observed, because the service has no history.
';

COMMENT ON COLUMN filplus.provider_url_finder_retrievability_daily.date IS 'Day 00:00 UTC of the observation.';

COMMENT ON COLUMN filplus.provider_url_finder_retrievability_daily.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN filplus.provider_url_finder_retrievability_daily.success_rate IS 'Retrievability 0 to 1. Null: known to the URL finder, not measured.';

CREATE VIEW api_v1.provider_url_finder_retrievability_daily WITH (security_invoker='true') AS
 SELECT (date)::date AS date,
    provider,
    success_rate,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/provider_url_finder_retrievability_daily'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.provider_url_finder_retrievability_daily;

ALTER VIEW api_v1.provider_url_finder_retrievability_daily OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.provider_url_finder_retrievability_daily IS 'filplus.provider_url_finder_retrievability_daily as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.provider_url_finder_retrievability_daily.date IS 'UTC day of the observation.';

COMMENT ON COLUMN api_v1.provider_url_finder_retrievability_daily.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN api_v1.provider_url_finder_retrievability_daily.success_rate IS 'Retrievability 0 to 1. Null: known to the URL finder, not measured.';

COMMENT ON COLUMN api_v1.provider_url_finder_retrievability_daily.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.providers_weekly (
    week timestamp(3) without time zone NOT NULL,
    provider text NOT NULL,
    num_of_clients integer NOT NULL,
    biggest_client_total_deal_size bigint NOT NULL,
    total_deal_size bigint NOT NULL,
    avg_retrievability_success_rate double precision,
    avg_retrievability_success_rate_http double precision,
    avg_retrievability_success_rate_url_finder double precision
);

ALTER TABLE filplus.providers_weekly OWNER TO cdp_owner;

COMMENT ON TABLE filplus.providers_weekly IS 'One row per week and provider: clients and bytes of deals that start in the week, and the retrievability of the week (compliance §3.9). A provider without a row had no deal in the week. Made from client_provider_distribution_weekly and the daily retrievability.
';

COMMENT ON COLUMN filplus.providers_weekly.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN filplus.providers_weekly.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN filplus.providers_weekly.num_of_clients IS 'Clients with data at the provider. Never null.';

COMMENT ON COLUMN filplus.providers_weekly.biggest_client_total_deal_size IS 'Bytes of the client with the most data at the provider. Never null.';

COMMENT ON COLUMN filplus.providers_weekly.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN filplus.providers_weekly.avg_retrievability_success_rate IS 'FilSpark''s rate of the week, 0 to 1: successful tries of its days through all tries; 0 for a provider that was not tried, null in a week without any day of FilSpark, whose source the live release dropped (compliance §3.19).';

COMMENT ON COLUMN filplus.providers_weekly.avg_retrievability_success_rate_http IS 'Like the rate before it, successes over HTTP alone.';

COMMENT ON COLUMN filplus.providers_weekly.avg_retrievability_success_rate_url_finder IS 'Retrievability 0 to 1 of the last test day of the week as the URL finder saw it; 0 also when the provider was not tested or that day''s value is null (compliance §3.9).';

CREATE VIEW api_v1.providers_weekly WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    provider,
    num_of_clients,
    biggest_client_total_deal_size,
    total_deal_size,
    avg_retrievability_success_rate,
    avg_retrievability_success_rate_http,
    avg_retrievability_success_rate_url_finder,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/providers_weekly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.providers_weekly;

ALTER VIEW api_v1.providers_weekly OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.providers_weekly IS 'filplus.providers_weekly as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.providers_weekly.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN api_v1.providers_weekly.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN api_v1.providers_weekly.num_of_clients IS 'Clients with data at the provider. Never null.';

COMMENT ON COLUMN api_v1.providers_weekly.biggest_client_total_deal_size IS 'Bytes of the client with the most data at the provider. Never null.';

COMMENT ON COLUMN api_v1.providers_weekly.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN api_v1.providers_weekly.avg_retrievability_success_rate IS 'Not written, always null; kept because the live table has it (compliance §3.11).';

COMMENT ON COLUMN api_v1.providers_weekly.avg_retrievability_success_rate_http IS 'Not written, always null; kept because the live table has it (compliance §3.11).';

COMMENT ON COLUMN api_v1.providers_weekly.avg_retrievability_success_rate_url_finder IS 'Retrievability 0 to 1 of the last test day of the week as the URL finder saw it; 0 also when the provider was not tested or that day''s value is null (compliance §3.9).';

COMMENT ON COLUMN api_v1.providers_weekly.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.providers_weekly_acc (
    week timestamp(3) without time zone NOT NULL,
    provider text NOT NULL,
    num_of_clients integer NOT NULL,
    biggest_client_total_deal_size bigint NOT NULL,
    total_deal_size bigint NOT NULL,
    avg_retrievability_success_rate double precision,
    avg_retrievability_success_rate_http double precision,
    avg_retrievability_success_rate_url_finder double precision
);

ALTER TABLE filplus.providers_weekly_acc OWNER TO cdp_owner;

COMMENT ON TABLE filplus.providers_weekly_acc IS 'One row per week and provider: clients and bytes accumulated up to the end of the week, and the retrievability of the week (compliance §3.10). Sizes and client counts are since the programme start while the rate is that of the week alone. Made from client_provider_distribution_weekly_acc and the daily retrievability.
';

COMMENT ON COLUMN filplus.providers_weekly_acc.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN filplus.providers_weekly_acc.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN filplus.providers_weekly_acc.num_of_clients IS 'Clients with data at the provider. Never null.';

COMMENT ON COLUMN filplus.providers_weekly_acc.biggest_client_total_deal_size IS 'Bytes of the client with the most data at the provider. Never null.';

COMMENT ON COLUMN filplus.providers_weekly_acc.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN filplus.providers_weekly_acc.avg_retrievability_success_rate IS 'FilSpark''s rate of the week, 0 to 1: successful tries of its days through all tries; 0 for a provider that was not tried, null in a week without any day of FilSpark, whose source the live release dropped (compliance §3.19).';

COMMENT ON COLUMN filplus.providers_weekly_acc.avg_retrievability_success_rate_http IS 'Like the rate before it, successes over HTTP alone.';

COMMENT ON COLUMN filplus.providers_weekly_acc.avg_retrievability_success_rate_url_finder IS 'Retrievability 0 to 1 of the last test day of the week as the URL finder saw it; 0 also when the provider was not tested or that day''s value is null (compliance §3.9).';

CREATE VIEW api_v1.providers_weekly_acc WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    provider,
    num_of_clients,
    biggest_client_total_deal_size,
    total_deal_size,
    avg_retrievability_success_rate,
    avg_retrievability_success_rate_http,
    avg_retrievability_success_rate_url_finder,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/providers_weekly_acc'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.providers_weekly_acc;

ALTER VIEW api_v1.providers_weekly_acc OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.providers_weekly_acc IS 'filplus.providers_weekly_acc as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.providers_weekly_acc.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN api_v1.providers_weekly_acc.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN api_v1.providers_weekly_acc.num_of_clients IS 'Clients with data at the provider. Never null.';

COMMENT ON COLUMN api_v1.providers_weekly_acc.biggest_client_total_deal_size IS 'Bytes of the client with the most data at the provider. Never null.';

COMMENT ON COLUMN api_v1.providers_weekly_acc.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN api_v1.providers_weekly_acc.avg_retrievability_success_rate IS 'Not written, always null; kept because the live table has it (compliance §3.11).';

COMMENT ON COLUMN api_v1.providers_weekly_acc.avg_retrievability_success_rate_http IS 'Not written, always null; kept because the live table has it (compliance §3.11).';

COMMENT ON COLUMN api_v1.providers_weekly_acc.avg_retrievability_success_rate_url_finder IS 'Retrievability 0 to 1 of the last test day of the week as the URL finder saw it; 0 also when the provider was not tested or that day''s value is null (compliance §3.9).';

COMMENT ON COLUMN api_v1.providers_weekly_acc.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE VIEW api_v1.retrievability_average_weekly WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    average_of,
    num_of_providers,
    average_retrievability,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/retrievability_average_weekly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.retrievability_average_weekly;

ALTER VIEW api_v1.retrievability_average_weekly OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.retrievability_average_weekly IS 'filplus.retrievability_average_weekly as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.retrievability_average_weekly.week IS 'Monday 00:00 UTC.';

COMMENT ON COLUMN api_v1.retrievability_average_weekly.average_of IS 'Whose mean retrievability is R: all providers, open_data (of any edition), open_data_edition_5 or open_data_edition_6: of non-rejected allocators of that edition.';

COMMENT ON COLUMN api_v1.retrievability_average_weekly.num_of_providers IS 'Providers of the week that the mean is over.';

COMMENT ON COLUMN api_v1.retrievability_average_weekly.average_retrievability IS 'Plain mean over providers, 0 to 1, zeros included; null: there is none.';

COMMENT ON COLUMN api_v1.retrievability_average_weekly.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE VIEW api_v1.scores_summary_by_metric WITH (security_invoker='true') AS
 SELECT period_unit,
    period,
    metric,
    data_type,
    score_group,
    max(metric_name) AS metric_name,
    count(*) AS num_of_allocators,
    sum(total_datacap) AS total_datacap,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/allocator_score_weekly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM api_v1.allocator_score_groups
  GROUP BY period_unit, period, metric, data_type, score_group;

ALTER VIEW api_v1.scores_summary_by_metric OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.scores_summary_by_metric IS 'One row per week or month, component, type of allocator and group: allocators and their datacap by the limits of the rules. A group without an allocator has no row; allocator_score_groups holds the single ones (compliance §5.4).
';

COMMENT ON COLUMN api_v1.scores_summary_by_metric.period_unit IS 'week or month.';

COMMENT ON COLUMN api_v1.scores_summary_by_metric.period IS 'Monday of the week, or first day of the month, UTC.';

COMMENT ON COLUMN api_v1.scores_summary_by_metric.metric IS 'Code of the component.';

COMMENT ON COLUMN api_v1.scores_summary_by_metric.data_type IS 'openData or enterprise.';

COMMENT ON COLUMN api_v1.scores_summary_by_metric.score_group IS 'high, medium or low by the limits of the rules.';

COMMENT ON COLUMN api_v1.scores_summary_by_metric.metric_name IS 'What people call the component.';

COMMENT ON COLUMN api_v1.scores_summary_by_metric.num_of_allocators IS 'Allocators in the group.';

COMMENT ON COLUMN api_v1.scores_summary_by_metric.total_datacap IS 'Bytes granted by these up to the newest week that begins in or before the period.';

COMMENT ON COLUMN api_v1.scores_summary_by_metric.data_as_of IS 'Clock of the run that made the newest partition of allocator_score_weekly (null before the first).';

CREATE VIEW api_v1.storage_provider_compliance_weekly WITH (security_invoker='true') AS
 SELECT (week)::date AS week,
    provider,
    num_of_clients,
    biggest_client_total_deal_size,
    total_deal_size,
    retrievability,
    is_open_data,
    open_data_average,
    overall_average,
    is_above_open_data_average,
    is_above_overall_average,
    has_enough_clients,
    is_spread,
    compliance_score,
    overall_compliance_score,
    rule_version,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/storage_provider_compliance_weekly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of,
    is_measured
   FROM filplus.storage_provider_compliance_weekly;

ALTER VIEW api_v1.storage_provider_compliance_weekly OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.storage_provider_compliance_weekly IS 'filplus.storage_provider_compliance_weekly as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.week IS 'Monday 00:00 UTC.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.provider IS 'Storage provider, f0 and a number.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.num_of_clients IS 'Clients of the provider so far.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.biggest_client_total_deal_size IS 'Bytes of its biggest client.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.total_deal_size IS 'Bytes.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.retrievability IS 'Of the last test day of the week, 0 to 1; 0 where not measured.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.is_open_data IS 'A client with a public dataset of a non-rejected allocator stores there.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.open_data_average IS 'Mean retrievability of the week''s open-data providers; null: none.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.overall_average IS 'Mean retrievability of the week''s providers; null: none.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.is_above_open_data_average IS 'The first test, against the open-data average.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.is_above_overall_average IS 'The first test, against the average of all.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.has_enough_clients IS 'The second test: more than 3 clients.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.is_spread IS 'The third test: the biggest client has 30 % at most.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.compliance_score IS 'compliant, partiallyCompliant or nonCompliant.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.overall_compliance_score IS 'The same with the average of all providers.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.rule_version IS 'Version of scoring_rules.yaml, kept in filplus.rule_version.';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

COMMENT ON COLUMN api_v1.storage_provider_compliance_weekly.is_measured IS 'The retrievability was measured; false: its 0 stands for no measurement.';

CREATE TABLE filplus.storage_provider_url_finder_daily_snapshot (
    id uuid NOT NULL,
    provider text NOT NULL,
    snapshot_date timestamp(3) without time zone CONSTRAINT storage_provider_url_finder_daily_snapsh_snapshot_date_not_null NOT NULL,
    tested_at timestamp(3) without time zone NOT NULL,
    result_code text NOT NULL,
    CONSTRAINT storage_provider_url_finder_daily_snapshot_result_code_check CHECK ((result_code = ANY (ARRAY['NO_PEER_ID'::text, 'NO_CID_CONTACT_DATA'::text, 'MISSING_ADDR_FROM_CID_CONTACT'::text, 'MISSING_HTTP_ADDR_FROM_CID_CONTACT'::text, 'FAILED_TO_GET_WORKING_URL'::text, 'NO_DEALS_FOUND'::text, 'TIMED_OUT'::text, 'SUCCESS'::text, 'ERROR'::text])))
);

ALTER TABLE filplus.storage_provider_url_finder_daily_snapshot OWNER TO cdp_owner;

COMMENT ON TABLE filplus.storage_provider_url_finder_daily_snapshot IS 'One row per UTC day and provider that the URL finder knows, also without a measurement.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_daily_snapshot.id IS 'UUIDv5 of provider and day.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_daily_snapshot.provider IS 'Provider, f0 and a number.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_daily_snapshot.snapshot_date IS 'Day 00:00 UTC of the observation.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_daily_snapshot.tested_at IS 'When the URL finder tested the provider, UTC.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_daily_snapshot.result_code IS 'How the test ended, upper snake case; a code that is not known is ERROR.';

CREATE VIEW api_v1.storage_provider_url_finder_daily_snapshot WITH (security_invoker='true') AS
 SELECT id,
    provider,
    (snapshot_date)::date AS snapshot_date,
    (tested_at AT TIME ZONE 'UTC'::text) AS tested_at,
    result_code,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/storage_provider_url_finder_daily_snapshot'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.storage_provider_url_finder_daily_snapshot;

ALTER VIEW api_v1.storage_provider_url_finder_daily_snapshot OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.storage_provider_url_finder_daily_snapshot IS 'filplus.storage_provider_url_finder_daily_snapshot as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_daily_snapshot.id IS 'UUIDv5 of provider and day.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_daily_snapshot.provider IS 'Provider, f0 and a number.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_daily_snapshot.snapshot_date IS 'Day 00:00 UTC of the observation.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_daily_snapshot.tested_at IS 'When the URL finder tested the provider, UTC.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_daily_snapshot.result_code IS 'How the test ended, upper snake case; a code that is not known is ERROR.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_daily_snapshot.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.storage_provider_url_finder_metric (
    id uuid NOT NULL,
    metric_type text NOT NULL,
    name text,
    description text,
    unit text,
    CONSTRAINT storage_provider_url_finder_metric_metric_type_check CHECK ((metric_type = ANY (ARRAY['TTFB'::text, 'RPA_RETRIEVABILITY'::text, 'BANDWIDTH'::text, 'CAR_FILES'::text])))
);

ALTER TABLE filplus.storage_provider_url_finder_metric OWNER TO cdp_owner;

COMMENT ON TABLE filplus.storage_provider_url_finder_metric IS 'One row per metric that the URL finder measures; a dictionary.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_metric.id IS 'UUIDv5 of the metric type.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_metric.metric_type IS 'TTFB, RPA_RETRIEVABILITY, BANDWIDTH or CAR_FILES.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_metric.name IS 'Name for people.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_metric.description IS 'What is measured.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_metric.unit IS 'Unit that people are shown; stored RPA and CAR values are ratios 0 to 1.';

CREATE VIEW api_v1.storage_provider_url_finder_metric WITH (security_invoker='true') AS
 SELECT id,
    metric_type,
    name,
    description,
    unit,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/storage_provider_url_finder_metric'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.storage_provider_url_finder_metric;

ALTER VIEW api_v1.storage_provider_url_finder_metric OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.storage_provider_url_finder_metric IS 'filplus.storage_provider_url_finder_metric as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_metric.id IS 'UUIDv5 of the metric type.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_metric.metric_type IS 'TTFB, RPA_RETRIEVABILITY, BANDWIDTH or CAR_FILES.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_metric.name IS 'Name for people.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_metric.description IS 'What is measured.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_metric.unit IS 'Unit that people are shown; stored RPA and CAR values are ratios 0 to 1.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_metric.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.storage_provider_url_finder_metric_value (
    id uuid NOT NULL,
    provider text NOT NULL,
    metric_id uuid NOT NULL,
    snapshot_id uuid NOT NULL,
    value double precision,
    tested_at timestamp(3) without time zone
);

ALTER TABLE filplus.storage_provider_url_finder_metric_value OWNER TO cdp_owner;

COMMENT ON TABLE filplus.storage_provider_url_finder_metric_value IS 'One row per provider, metric and instant of measurement, of the first day that showed it.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_metric_value.id IS 'UUIDv5 of provider, metric and tested_at.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_metric_value.provider IS 'Provider, f0 and a number.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_metric_value.metric_id IS 'Key of the dictionary of metrics.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_metric_value.snapshot_id IS 'Snapshot of the first day that showed the value.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_metric_value.value IS 'Ratio 0 to 1 for RPA and CAR files, milliseconds for TTFB, Mbps for bandwidth. Null: tested, not measured.';

COMMENT ON COLUMN filplus.storage_provider_url_finder_metric_value.tested_at IS 'Instant of the measurement, UTC.';

CREATE VIEW api_v1.storage_provider_url_finder_metric_value WITH (security_invoker='true') AS
 SELECT id,
    provider,
    metric_id,
    snapshot_id,
    value,
    (tested_at AT TIME ZONE 'UTC'::text) AS tested_at,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/storage_provider_url_finder_metric_value'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.storage_provider_url_finder_metric_value;

ALTER VIEW api_v1.storage_provider_url_finder_metric_value OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.storage_provider_url_finder_metric_value IS 'filplus.storage_provider_url_finder_metric_value as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_metric_value.id IS 'UUIDv5 of provider, metric and tested_at.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_metric_value.provider IS 'Provider, f0 and a number.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_metric_value.metric_id IS 'Key of the dictionary of metrics.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_metric_value.snapshot_id IS 'Snapshot of the first day that showed the value.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_metric_value.value IS 'Ratio 0 to 1 for RPA and CAR files, milliseconds for TTFB, Mbps for bandwidth. Null: tested, not measured.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_metric_value.tested_at IS 'Instant of the measurement, UTC.';

COMMENT ON COLUMN api_v1.storage_provider_url_finder_metric_value.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE filplus.unified_verified_deal_hourly (
    hour timestamp(3) without time zone NOT NULL,
    client text NOT NULL,
    provider text NOT NULL,
    num_of_claims integer NOT NULL,
    num_of_ddo_claims integer NOT NULL,
    total_deal_size bigint NOT NULL,
    total_ddo_deal_size bigint NOT NULL
);

ALTER TABLE filplus.unified_verified_deal_hourly OWNER TO cdp_owner;

COMMENT ON TABLE filplus.unified_verified_deal_hourly IS 'One row per hour, client and provider: verified deals whose term starts in the hour (compliance §3.1). A row exists only where there was a deal; an hour without rows had none. Read from the landed deals. The first partition also holds the hours before it, where the start was moved.
';

COMMENT ON COLUMN filplus.unified_verified_deal_hourly.hour IS 'Start of the hour, UTC; the row covers [hour, hour + 1 h).';

COMMENT ON COLUMN filplus.unified_verified_deal_hourly.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN filplus.unified_verified_deal_hourly.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN filplus.unified_verified_deal_hourly.num_of_claims IS 'Deals and claims. Never null.';

COMMENT ON COLUMN filplus.unified_verified_deal_hourly.num_of_ddo_claims IS 'Of these, direct onboardings (dealId 0). Never null.';

COMMENT ON COLUMN filplus.unified_verified_deal_hourly.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN filplus.unified_verified_deal_hourly.total_ddo_deal_size IS 'Bytes of direct onboardings. Never null, 0 without any.';

CREATE VIEW api_v1.unified_verified_deal_hourly WITH (security_invoker='true') AS
 SELECT (hour AT TIME ZONE 'UTC'::text) AS hour,
    client,
    provider,
    num_of_claims,
    num_of_ddo_claims,
    total_deal_size,
    total_ddo_deal_size,
    ( SELECT s.as_of
           FROM ops.asset_partition_status s
          WHERE ((s.asset_key = 'filplus/unified_verified_deal_hourly'::text) AND (s.state = 'MATERIALIZED'::text))
          ORDER BY s.window_start DESC NULLS LAST
         LIMIT 1) AS data_as_of
   FROM filplus.unified_verified_deal_hourly;

ALTER VIEW api_v1.unified_verified_deal_hourly OWNER TO cdp_owner;

COMMENT ON VIEW api_v1.unified_verified_deal_hourly IS 'filplus.unified_verified_deal_hourly as readers see it, times with their zone, weeks and days as dates.';

COMMENT ON COLUMN api_v1.unified_verified_deal_hourly.hour IS 'Start of the hour, UTC; the row covers [hour, hour + 1 h).';

COMMENT ON COLUMN api_v1.unified_verified_deal_hourly.client IS 'Client id, `f0` and a number.';

COMMENT ON COLUMN api_v1.unified_verified_deal_hourly.provider IS 'Storage provider id, `f0` and a number.';

COMMENT ON COLUMN api_v1.unified_verified_deal_hourly.num_of_claims IS 'Deals and claims. Never null.';

COMMENT ON COLUMN api_v1.unified_verified_deal_hourly.num_of_ddo_claims IS 'Of these, direct onboardings (dealId 0). Never null.';

COMMENT ON COLUMN api_v1.unified_verified_deal_hourly.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN api_v1.unified_verified_deal_hourly.total_ddo_deal_size IS 'Bytes of direct onboardings. Never null, 0 without any.';

COMMENT ON COLUMN api_v1.unified_verified_deal_hourly.data_as_of IS 'Clock of the run that made the newest partition of the table (null before the first).';

CREATE TABLE audit.access_log (
    access_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor_id text NOT NULL,
    org_id uuid,
    action text NOT NULL,
    resource text NOT NULL,
    correlation_id text
);

ALTER TABLE audit.access_log OWNER TO cdp_owner;

ALTER TABLE audit.access_log ALTER COLUMN access_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME audit.access_log_access_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE audit.log (
    seq bigint NOT NULL,
    ts timestamp with time zone NOT NULL,
    actor_id text NOT NULL,
    action text NOT NULL,
    resource_type text NOT NULL,
    resource_id text NOT NULL,
    before jsonb,
    after jsonb,
    reason text,
    correlation_id text,
    prev_hash text NOT NULL,
    change_hash text NOT NULL,
    CONSTRAINT log_change_hash_check CHECK ((change_hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT log_prev_hash_check CHECK ((prev_hash ~ '^[0-9a-f]{64}$'::text))
);

ALTER TABLE audit.log OWNER TO cdp_owner;

COMMENT ON TABLE audit.log IS 'Append-only; each row''s hash covers the previous one.';

CREATE TABLE filplus.allocator_client_bookkeeping (
    allocator_id text NOT NULL,
    client_id text NOT NULL,
    client_address text NOT NULL,
    json_path text NOT NULL,
    bookkeeping_info json NOT NULL,
    client_name text,
    client_contract_address text,
    declared_providers text[] NOT NULL,
    is_public_dataset boolean,
    confirms_open_data boolean NOT NULL,
    total_requested_amount_bytes numeric,
    expected_size_of_single_dataset_bytes numeric,
    blob_sha text NOT NULL,
    absent_since timestamp(3) without time zone
);

ALTER TABLE filplus.allocator_client_bookkeeping OWNER TO cdp_owner;

COMMENT ON TABLE filplus.allocator_client_bookkeeping IS 'One row per allocator and client: the application in the allocator''s repository. The first five columns are those of compliance §3.18; the others are read from bookkeeping_info. A row that vanished upstream stays and says since when.';

COMMENT ON COLUMN filplus.allocator_client_bookkeeping.allocator_id IS 'Actor id f0… of the allocator.';

COMMENT ON COLUMN filplus.allocator_client_bookkeeping.client_id IS 'Actor id f0… of the client, found by its address in the source database.';

COMMENT ON COLUMN filplus.allocator_client_bookkeeping.client_address IS 'ID of the application: the client''s robust address.';

COMMENT ON COLUMN filplus.allocator_client_bookkeeping.json_path IS 'Path of the application in the allocator''s repository.';

COMMENT ON COLUMN filplus.allocator_client_bookkeeping.bookkeeping_info IS 'The application as it is.';

COMMENT ON COLUMN filplus.allocator_client_bookkeeping.client_name IS 'Client.Name; null when absent.';

COMMENT ON COLUMN filplus.allocator_client_bookkeeping.client_contract_address IS 'Smart contract that acts for the client; null when absent.';

COMMENT ON COLUMN filplus.allocator_client_bookkeeping.declared_providers IS 'Providers that the application names, each once, in its order.';

COMMENT ON COLUMN filplus.allocator_client_bookkeeping.is_public_dataset IS 'The confirmation contains [x] or yes; null when the application has no such text.';

COMMENT ON COLUMN filplus.allocator_client_bookkeeping.confirms_open_data IS 'The confirmation is exactly "[x] i confirm" or "yes", in any case: the stricter rule of compliance §1.4.';

COMMENT ON COLUMN filplus.allocator_client_bookkeeping.total_requested_amount_bytes IS 'Whole bytes; null when absent or not a size.';

COMMENT ON COLUMN filplus.allocator_client_bookkeeping.expected_size_of_single_dataset_bytes IS 'Whole bytes; null when absent or not a size.';

COMMENT ON COLUMN filplus.allocator_client_bookkeeping.blob_sha IS 'Git''s name of the application''s content that the row was read from.';

COMMENT ON COLUMN filplus.allocator_client_bookkeeping.absent_since IS 'UTC clock of the run that found the file gone; null while it is there.';

ALTER TABLE filplus.allocator_report ALTER COLUMN report_number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME filplus.allocator_report_report_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE filplus.edition5_audit_states (
    allocator_id text NOT NULL,
    audit_number integer NOT NULL,
    allocator_name text,
    started_at timestamp(3) without time zone,
    ended_at timestamp(3) without time zone,
    dc_allocated_at timestamp(3) without time zone,
    outcome text NOT NULL,
    datacap_amount_pib numeric
);

ALTER TABLE filplus.edition5_audit_states OWNER TO cdp_owner;

COMMENT ON TABLE filplus.edition5_audit_states IS 'One row per allocator of edition 5 and audit, from 0, as fixed when the edition ended. Times are UTC, null where the record has none.';

COMMENT ON COLUMN filplus.edition5_audit_states.allocator_id IS 'Actor id f0….';

COMMENT ON COLUMN filplus.edition5_audit_states.audit_number IS 'Place among the allocator''s audits, from 0.';

COMMENT ON COLUMN filplus.edition5_audit_states.allocator_name IS 'Null when not recorded.';

COMMENT ON COLUMN filplus.edition5_audit_states.started_at IS 'UTC; null when not recorded.';

COMMENT ON COLUMN filplus.edition5_audit_states.ended_at IS 'UTC; null when not recorded.';

COMMENT ON COLUMN filplus.edition5_audit_states.dc_allocated_at IS 'UTC; null when not recorded.';

COMMENT ON COLUMN filplus.edition5_audit_states.outcome IS 'As mapped by compliance §2.3.';

COMMENT ON COLUMN filplus.edition5_audit_states.datacap_amount_pib IS 'PiB; null when not recorded.';

CREATE TABLE filplus.edition5_audit_times (
    series text NOT NULL,
    round integer NOT NULL,
    average_seconds bigint NOT NULL,
    CONSTRAINT edition5_audit_times_series_check CHECK ((series = ANY (ARRAY['conversation'::text, 'audit'::text, 'allocation'::text])))
);

ALTER TABLE filplus.edition5_audit_times OWNER TO cdp_owner;

COMMENT ON TABLE filplus.edition5_audit_times IS 'One row per measured span and round of edition 5, from 1: average seconds. A series without rows was not recorded.';

COMMENT ON COLUMN filplus.edition5_audit_times.series IS 'conversation, audit or allocation.';

COMMENT ON COLUMN filplus.edition5_audit_times.round IS 'From 1.';

COMMENT ON COLUMN filplus.edition5_audit_times.average_seconds IS 'Whole seconds.';

CREATE TABLE filplus.edition5_monthly_outcomes (
    month date NOT NULL,
    outcome text NOT NULL,
    audits integer NOT NULL,
    datacap_pib numeric NOT NULL
);

ALTER TABLE filplus.edition5_monthly_outcomes OWNER TO cdp_owner;

COMMENT ON TABLE filplus.edition5_monthly_outcomes IS 'One row per month (its first day) of edition 5 and audit outcome: number of audits and their datacap in PiB.';

COMMENT ON COLUMN filplus.edition5_monthly_outcomes.month IS 'First day of the month.';

COMMENT ON COLUMN filplus.edition5_monthly_outcomes.outcome IS 'As mapped by compliance §2.3.';

COMMENT ON COLUMN filplus.edition5_monthly_outcomes.audits IS 'Number of allocators whose last audit had this outcome.';

COMMENT ON COLUMN filplus.edition5_monthly_outcomes.datacap_pib IS 'Their datacap in PiB.';

CREATE TABLE filplus.edition5_pathways (
    allocator_id text NOT NULL,
    type_of_allocator text NOT NULL,
    pathway text NOT NULL
);

ALTER TABLE filplus.edition5_pathways OWNER TO cdp_owner;

COMMENT ON TABLE filplus.edition5_pathways IS 'One row per allocator of edition 5: its type and pathway, as the flow of datacap is drawn.';

COMMENT ON COLUMN filplus.edition5_pathways.allocator_id IS 'Actor id f0….';

COMMENT ON COLUMN filplus.edition5_pathways.type_of_allocator IS 'Such as Manual or Automatic.';

COMMENT ON COLUMN filplus.edition5_pathways.pathway IS 'Such as Manual Pathway MetaAllocator.';

CREATE TABLE governance.input_override_withdrawals (
    override_id bigint NOT NULL,
    reason text NOT NULL,
    requested_by text NOT NULL,
    approver text NOT NULL,
    withdrawn_at timestamp with time zone NOT NULL,
    run_id text NOT NULL,
    CONSTRAINT input_override_withdrawals_approver_check CHECK ((btrim(approver) <> ''::text)),
    CONSTRAINT input_override_withdrawals_check CHECK ((lower(btrim(approver)) <> lower(btrim(requested_by)))),
    CONSTRAINT input_override_withdrawals_reason_check CHECK ((length(btrim(reason)) >= 10)),
    CONSTRAINT input_override_withdrawals_requested_by_check CHECK ((btrim(requested_by) <> ''::text))
);

ALTER TABLE governance.input_override_withdrawals OWNER TO cdp_owner;

COMMENT ON TABLE governance.input_override_withdrawals IS 'One row per override that was ended before it expired. No row: it was not.';

COMMENT ON COLUMN governance.input_override_withdrawals.override_id IS 'Number of the override.';

COMMENT ON COLUMN governance.input_override_withdrawals.reason IS 'Why it was ended.';

COMMENT ON COLUMN governance.input_override_withdrawals.requested_by IS 'Who launched the change.';

COMMENT ON COLUMN governance.input_override_withdrawals.approver IS 'Who agreed; never the same person.';

COMMENT ON COLUMN governance.input_override_withdrawals.withdrawn_at IS 'Clock of the run, UTC; from here on it holds no longer.';

COMMENT ON COLUMN governance.input_override_withdrawals.run_id IS 'Run that ended it.';

CREATE TABLE governance.input_overrides (
    override_id bigint NOT NULL,
    entity_kind text NOT NULL,
    entity_id text NOT NULL,
    input_name text NOT NULL,
    value jsonb NOT NULL,
    reason text NOT NULL,
    requested_by text NOT NULL,
    approver text NOT NULL,
    added_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    run_id text NOT NULL,
    CONSTRAINT input_overrides_approver_check CHECK ((btrim(approver) <> ''::text)),
    CONSTRAINT input_overrides_check CHECK ((expires_at > added_at)),
    CONSTRAINT input_overrides_check1 CHECK ((lower(btrim(approver)) <> lower(btrim(requested_by)))),
    CONSTRAINT input_overrides_entity_id_check CHECK ((entity_id ~ '^f0[0-9]+$'::text)),
    CONSTRAINT input_overrides_entity_kind_check CHECK ((entity_kind = ANY (ARRAY['allocator'::text, 'client'::text, 'provider'::text]))),
    CONSTRAINT input_overrides_reason_check CHECK ((length(btrim(reason)) >= 10)),
    CONSTRAINT input_overrides_requested_by_check CHECK ((btrim(requested_by) <> ''::text)),
    CONSTRAINT only_inputs_of_reports CHECK (
CASE entity_kind
    WHEN 'allocator'::text THEN (input_name = ANY (ARRAY['data_type'::text, 'audit'::text, 'required_copies'::text, 'required_sps'::text, 'tranche_schedule'::text, 'first_audit_ended_at'::text]))
    WHEN 'client'::text THEN (input_name = ANY (ARRAY['declared_providers'::text, 'expected_size_of_single_dataset'::text, 'total_requested_amount'::text]))
    ELSE (input_name = 'retrievability'::text)
END)
);

ALTER TABLE governance.input_overrides OWNER TO cdp_owner;

COMMENT ON TABLE governance.input_overrides IS 'One row per override of an input that reports are made of. Never changed: a row of input_override_withdrawals or expires_at ends it; of several for an input the last that still holds is used.';

COMMENT ON COLUMN governance.input_overrides.override_id IS 'Number, ascending in the order of adding.';

COMMENT ON COLUMN governance.input_overrides.entity_kind IS 'Whose input it is.';

COMMENT ON COLUMN governance.input_overrides.entity_id IS 'Its id, f0 and a number.';

COMMENT ON COLUMN governance.input_overrides.input_name IS 'Which input; a score or check can never stand here.';

COMMENT ON COLUMN governance.input_overrides.value IS 'Value used instead: text (bytes and rates too), list of texts, or JSON null for unknown.';

COMMENT ON COLUMN governance.input_overrides.reason IS 'Why, as every report shows it.';

COMMENT ON COLUMN governance.input_overrides.requested_by IS 'Who launched the change.';

COMMENT ON COLUMN governance.input_overrides.approver IS 'Who agreed; never the same person.';

COMMENT ON COLUMN governance.input_overrides.added_at IS 'Clock of the run, UTC; it holds from here.';

COMMENT ON COLUMN governance.input_overrides.expires_at IS 'UTC; from this instant on it holds no longer.';

COMMENT ON COLUMN governance.input_overrides.run_id IS 'Run that added it.';

ALTER TABLE governance.input_overrides ALTER COLUMN override_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME governance.input_overrides_override_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE governance.organisations (
    org_id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone NOT NULL
);

ALTER TABLE governance.organisations OWNER TO cdp_owner;

CREATE TABLE governance.users (
    user_id uuid NOT NULL,
    org_id uuid,
    email text NOT NULL,
    role text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    disabled_at timestamp with time zone,
    CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'finance'::text, 'ops'::text, 'partner'::text, 'auditor'::text, 'developer'::text, 'designer'::text, 'executor'::text, 'viewer'::text, 'executive'::text])))
);

ALTER TABLE governance.users OWNER TO cdp_owner;

CREATE TABLE intermediate.client_piece (
    piece_id bigint NOT NULL,
    client_id bigint NOT NULL,
    num_of_replicas integer NOT NULL,
    total_deal_size bigint NOT NULL,
    largest_piece_size bigint NOT NULL
);

ALTER TABLE intermediate.client_piece OWNER TO cdp_owner;

COMMENT ON TABLE intermediate.client_piece IS 'One row per piece and client with a deal of it since the programme start and up to the clock.';

COMMENT ON COLUMN intermediate.client_piece.piece_id IS 'Number in raw_dmob.piece; 0 for deals without a CID.';

COMMENT ON COLUMN intermediate.client_piece.client_id IS 'Client number without f0.';

COMMENT ON COLUMN intermediate.client_piece.num_of_replicas IS 'Providers that hold the piece for the client.';

COMMENT ON COLUMN intermediate.client_piece.total_deal_size IS 'Bytes of all its deals.';

COMMENT ON COLUMN intermediate.client_piece.largest_piece_size IS 'Bytes of the largest of its deals.';

CREATE TABLE intermediate.client_provider_block (
    block bigint NOT NULL,
    client_id bigint NOT NULL,
    provider_id bigint NOT NULL,
    num_of_rows bigint NOT NULL,
    num_of_deals bigint NOT NULL,
    total_deal_size numeric NOT NULL,
    size_before_start numeric NOT NULL,
    last_deal_height bigint,
    first_deal_height bigint
);

ALTER TABLE intermediate.client_provider_block OWNER TO cdp_owner;

COMMENT ON TABLE intermediate.client_provider_block IS 'What each block of 65,536 source ids adds to intermediate.client_provider_totals; columns as there.';

COMMENT ON COLUMN intermediate.client_provider_block.block IS 'Ids [block * 65536, (block + 1) * 65536) of the source.';

COMMENT ON COLUMN intermediate.client_provider_block.client_id IS 'Client number without f0; -1 for deals without a client.';

COMMENT ON COLUMN intermediate.client_provider_block.provider_id IS 'Provider number without f0.';

COMMENT ON COLUMN intermediate.client_provider_block.num_of_rows IS 'Landed rows of the pair.';

COMMENT ON COLUMN intermediate.client_provider_block.num_of_deals IS 'Of these, rows with a sector other than 0 (compliance §3.16).';

COMMENT ON COLUMN intermediate.client_provider_block.total_deal_size IS 'Bytes of num_of_deals.';

COMMENT ON COLUMN intermediate.client_provider_block.size_before_start IS 'Bytes of all rows that start before 2024-03-01T00:00Z, whatever their sector (compliance §3.20).';

COMMENT ON COLUMN intermediate.client_provider_block.last_deal_height IS 'Highest start of num_of_deals; null when none has a usable start.';

COMMENT ON COLUMN intermediate.client_provider_block.first_deal_height IS 'Lowest start of num_of_deals; null when none has a usable start.';

CREATE TABLE intermediate.client_provider_claims_weekly_acc (
    week timestamp(3) without time zone NOT NULL,
    client_id bigint NOT NULL,
    provider_id bigint NOT NULL,
    num_of_claims bigint NOT NULL
);

ALTER TABLE intermediate.client_provider_claims_weekly_acc OWNER TO cdp_owner;

COMMENT ON TABLE intermediate.client_provider_claims_weekly_acc IS 'One row per week, client and provider that has had a deal up to the end of the week: claims since the programme start, for client_provider_distribution (compliance §3.4). Once present, a pair is in every later week. Not for analysts.
';

COMMENT ON COLUMN intermediate.client_provider_claims_weekly_acc.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN intermediate.client_provider_claims_weekly_acc.client_id IS 'Client number without f0.';

COMMENT ON COLUMN intermediate.client_provider_claims_weekly_acc.provider_id IS 'Provider number without f0.';

COMMENT ON COLUMN intermediate.client_provider_claims_weekly_acc.num_of_claims IS 'Deals and claims up to the end of the week or the clock. Never null.';

CREATE TABLE intermediate.client_provider_piece_weekly (
    week timestamp(3) without time zone NOT NULL,
    client_id bigint NOT NULL,
    provider_id bigint NOT NULL,
    piece_id bigint NOT NULL,
    total_deal_size bigint NOT NULL,
    unique_data_size bigint,
    largest_piece_size bigint NOT NULL,
    num_of_claims integer NOT NULL
);

ALTER TABLE intermediate.client_provider_piece_weekly OWNER TO cdp_owner;

COMMENT ON TABLE intermediate.client_provider_piece_weekly IS 'One row per week, client, provider and piece: what the week adds, so that running totals need no scan of the deals. Not for analysts. Piece 0 stands for deals without a piece CID, which are one group (compliance §3.4). The first partition also holds the weeks before it.
';

COMMENT ON COLUMN intermediate.client_provider_piece_weekly.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN intermediate.client_provider_piece_weekly.client_id IS 'Client number without f0.';

COMMENT ON COLUMN intermediate.client_provider_piece_weekly.provider_id IS 'Provider number without f0.';

COMMENT ON COLUMN intermediate.client_provider_piece_weekly.piece_id IS 'Number in raw_dmob.piece; 0 without a CID.';

COMMENT ON COLUMN intermediate.client_provider_piece_weekly.total_deal_size IS 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';

COMMENT ON COLUMN intermediate.client_provider_piece_weekly.unique_data_size IS 'Smallest piece size of the group in bytes. Null when no deal of the group has one.';

COMMENT ON COLUMN intermediate.client_provider_piece_weekly.largest_piece_size IS 'Largest piece size of the group in bytes. Never null, 0 when none is known.';

COMMENT ON COLUMN intermediate.client_provider_piece_weekly.num_of_claims IS 'Deals and claims of the group. Never null.';

CREATE TABLE intermediate.client_provider_repeated_piece_weekly (
    week timestamp(3) without time zone NOT NULL,
    client_id bigint NOT NULL,
    provider_id bigint NOT NULL,
    piece_id bigint NOT NULL,
    repeated_data_size bigint CONSTRAINT client_provider_repeated_piece_week_repeated_data_size_not_null NOT NULL
);

ALTER TABLE intermediate.client_provider_repeated_piece_weekly OWNER TO cdp_owner;

COMMENT ON TABLE intermediate.client_provider_repeated_piece_weekly IS 'One row per week, client, provider and piece that the pair also showed in an earlier week, with a known size in both: the bytes that the week''s unique data counts although the history holds them, so that running totals of unique data need no scan of the history (compliance §3.6). Few pieces are stored twice by the same pair. Not for analysts.
';

COMMENT ON COLUMN intermediate.client_provider_repeated_piece_weekly.week IS 'Monday 00:00 UTC; the row covers seven days from there, half-open.';

COMMENT ON COLUMN intermediate.client_provider_repeated_piece_weekly.client_id IS 'Client number without f0.';

COMMENT ON COLUMN intermediate.client_provider_repeated_piece_weekly.provider_id IS 'Provider number without f0.';

COMMENT ON COLUMN intermediate.client_provider_repeated_piece_weekly.piece_id IS 'Number in raw_dmob.piece; 0 without a CID.';

COMMENT ON COLUMN intermediate.client_provider_repeated_piece_weekly.repeated_data_size IS 'Larger of the smallest size in the week and the smallest before it, in bytes. Never null.';

CREATE TABLE intermediate.client_provider_totals (
    client_id bigint NOT NULL,
    provider_id bigint NOT NULL,
    num_of_rows bigint NOT NULL,
    num_of_deals bigint NOT NULL,
    total_deal_size numeric NOT NULL,
    size_before_start numeric NOT NULL,
    last_deal_height bigint,
    first_deal_height bigint,
    CONSTRAINT client_provider_totals_num_of_deals_check CHECK ((num_of_deals >= 0)),
    CONSTRAINT client_provider_totals_num_of_rows_check CHECK ((num_of_rows > 0))
);

ALTER TABLE intermediate.client_provider_totals OWNER TO cdp_owner;

COMMENT ON TABLE intermediate.client_provider_totals IS 'One row per client and provider with deals of any time; client -1 stands for none.';

COMMENT ON COLUMN intermediate.client_provider_totals.client_id IS 'Client number without f0; -1 for deals without a client.';

COMMENT ON COLUMN intermediate.client_provider_totals.provider_id IS 'Provider number without f0.';

COMMENT ON COLUMN intermediate.client_provider_totals.num_of_rows IS 'Landed rows of the pair.';

COMMENT ON COLUMN intermediate.client_provider_totals.num_of_deals IS 'Of these, rows with a sector other than 0 (compliance §3.16).';

COMMENT ON COLUMN intermediate.client_provider_totals.total_deal_size IS 'Bytes of num_of_deals.';

COMMENT ON COLUMN intermediate.client_provider_totals.size_before_start IS 'Bytes of all rows that start before 2024-03-01T00:00Z, whatever their sector (compliance §3.20).';

COMMENT ON COLUMN intermediate.client_provider_totals.last_deal_height IS 'Highest start of num_of_deals; null when none has a usable start.';

COMMENT ON COLUMN intermediate.client_provider_totals.first_deal_height IS 'Lowest start of num_of_deals; null when none has a usable start.';

CREATE TABLE ops.alerts (
    alert_id bigint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    check_name text DEFAULT ''::text NOT NULL,
    first_partition text NOT NULL,
    last_partition text NOT NULL,
    severity text NOT NULL,
    is_blocking boolean NOT NULL,
    message text NOT NULL,
    run_id text NOT NULL,
    failures integer DEFAULT 1 NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    last_failed_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    CONSTRAINT alerts_kind_check CHECK ((kind = ANY (ARRAY['check'::text, 'run'::text]))),
    CONSTRAINT alerts_severity_check CHECK ((severity = ANY (ARRAY['ERROR'::text, 'WARN'::text])))
);

ALTER TABLE ops.alerts OWNER TO cdp_owner;

COMMENT ON TABLE ops.alerts IS 'One row per failure of a check or run in a partition, from the first attempt that failed until one passes. Written by the sensor of failures.';

ALTER TABLE ops.alerts ALTER COLUMN alert_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ops.alerts_alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE ops.asset_catalog (
    asset_key text NOT NULL,
    description text NOT NULL,
    owner text NOT NULL,
    asset_group text NOT NULL,
    layer text NOT NULL,
    cadence text NOT NULL,
    max_age_seconds bigint,
    code_version text
);

ALTER TABLE ops.asset_catalog OWNER TO cdp_owner;

COMMENT ON TABLE ops.asset_catalog IS 'What the definitions say about each asset, written by cdp migrate. max_age_seconds null: no freshness policy.';

CREATE TABLE ops.asset_version (
    asset_key text NOT NULL,
    version bigint NOT NULL,
    materialized_at timestamp with time zone NOT NULL,
    run_id text,
    CONSTRAINT asset_version_version_check CHECK ((version > 0))
);

ALTER TABLE ops.asset_version OWNER TO cdp_owner;

COMMENT ON TABLE ops.asset_version IS 'One row per written asset. version grows by one in every transaction that changes the asset''s rows; it is the data version of answers and caches.';

CREATE TABLE ops.column_lineage (
    asset_key text NOT NULL,
    column_name text NOT NULL,
    upstream_key text NOT NULL,
    upstream_column text NOT NULL
);

ALTER TABLE ops.column_lineage OWNER TO cdp_owner;

COMMENT ON TABLE ops.column_lineage IS 'One row per column of a dbt model and upstream column that it is made of, read from the compiled SQL by cdp migrate.';

CREATE TABLE ops.dbt_project (
    is_only boolean DEFAULT true NOT NULL,
    fingerprint text NOT NULL,
    CONSTRAINT dbt_project_is_only_check CHECK (is_only)
);

ALTER TABLE ops.dbt_project OWNER TO cdp_owner;

COMMENT ON TABLE ops.dbt_project IS 'One row: hash of the dbt project that the tables, views and comments were made of.';

CREATE TABLE ops.failed_entities (
    asset_key text NOT NULL,
    entity text NOT NULL,
    reason text NOT NULL,
    failures integer DEFAULT 1 NOT NULL,
    first_failed_at timestamp with time zone NOT NULL,
    last_failed_at timestamp with time zone NOT NULL
);

ALTER TABLE ops.failed_entities OWNER TO cdp_owner;

COMMENT ON TABLE ops.failed_entities IS 'One row per entity that the last attempt of an asset could not store while the rest was. It is tried again by the next run and leaves the table once it succeeds.';

CREATE VIEW ops.freshness WITH (security_invoker='true') AS
 SELECT c.asset_key,
    c.asset_group,
    c.cadence,
    v.version,
    v.materialized_at,
    s.data_as_of,
    c.max_age_seconds,
    s.failed_partitions
   FROM ((ops.asset_catalog c
     LEFT JOIN ops.asset_version v USING (asset_key))
     LEFT JOIN LATERAL ( SELECT ( SELECT p.as_of
                   FROM ops.asset_partition_status p
                  WHERE ((p.asset_key = c.asset_key) AND (p.state = 'MATERIALIZED'::text))
                  ORDER BY p.window_start DESC NULLS LAST, p.as_of DESC
                 LIMIT 1) AS data_as_of,
            ( SELECT count(*) AS count
                   FROM ops.asset_partition_status p
                  WHERE ((p.asset_key = c.asset_key) AND (p.error_code IS NOT NULL))) AS failed_partitions) s ON (true));

ALTER VIEW ops.freshness OWNER TO cdp_owner;

COMMENT ON VIEW ops.freshness IS 'One row per catalogued asset: clock of its newest good rows against its policy. The reader compares data_as_of with its own clock.';

CREATE TABLE ops.ingestion_runs (
    run_id text NOT NULL,
    chain_id text NOT NULL,
    period_id text NOT NULL,
    data_type text NOT NULL,
    provider_name text NOT NULL,
    status text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    error_code text,
    error_message text,
    rows bigint,
    requests integer,
    dagster_run_id text,
    CONSTRAINT ingestion_runs_data_type_check CHECK ((data_type = ANY (ARRAY['FEES'::text, 'MEV'::text, 'REWARDS'::text, 'META'::text, 'PERIODS'::text]))),
    CONSTRAINT ingestion_runs_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'RUNNING'::text, 'SUCCESS'::text, 'PARTIAL'::text, 'FAILED'::text])))
);

ALTER TABLE ops.ingestion_runs OWNER TO cdp_owner;

COMMENT ON TABLE ops.ingestion_runs IS 'One row per fetch of one data type of a period from one provider. PARTIAL: some answers were stored, then it failed; nothing was normalised.';

CREATE TABLE ops.landing_blocks (
    asset_key text NOT NULL,
    block bigint NOT NULL,
    row_count bigint NOT NULL,
    unplaceable_count bigint NOT NULL,
    sample_ids bigint[] NOT NULL,
    version bigint DEFAULT 0 NOT NULL
);

ALTER TABLE ops.landing_blocks OWNER TO cdp_owner;

COMMENT ON TABLE ops.landing_blocks IS 'Counts per block of 65,536 source ids, taken anew from the landed rows whenever one of the block changes, so that totals never need a scan of the whole landing.';

COMMENT ON COLUMN ops.landing_blocks.version IS 'Version of the landing that last changed a row of the block.';

CREATE TABLE ops.landing_progress (
    asset_key text NOT NULL,
    max_id bigint,
    sweep_next_block bigint DEFAULT 0 NOT NULL,
    sweep_cycle_started_at timestamp with time zone,
    sweep_cycle_finished_at timestamp with time zone,
    synced_at timestamp with time zone NOT NULL
);

ALTER TABLE ops.landing_progress OWNER TO cdp_owner;

COMMENT ON TABLE ops.landing_progress IS 'One row per landed relation: highest source id seen, and where the rotating comparison of id blocks goes on.';

CREATE VIEW ops.open_alerts WITH (security_invoker='true') AS
 SELECT a.alert_id,
    a.kind,
    a.subject,
    a.check_name,
    a.first_partition,
    a.last_partition,
    a.severity,
    a.is_blocking,
    a.opened_at,
    a.last_failed_at,
    a.failures,
    c.owner,
    a.run_id,
    a.message
   FROM (ops.alerts a
     LEFT JOIN ops.asset_catalog c ON ((c.asset_key = a.subject)))
  WHERE (a.closed_at IS NULL);

ALTER VIEW ops.open_alerts OWNER TO cdp_owner;

COMMENT ON VIEW ops.open_alerts IS 'One row per alert that is not over, with the owner of the table; null for a run.';

CREATE TABLE ops.registry_issues (
    asset_key text NOT NULL,
    location text NOT NULL,
    reason text NOT NULL,
    effect text NOT NULL,
    detail text NOT NULL,
    since timestamp with time zone NOT NULL,
    CONSTRAINT registry_issues_effect_check CHECK ((effect = ANY (ARRAY['left_out'::text, 'kept_older'::text, 'noted'::text])))
);

ALTER TABLE ops.registry_issues OWNER TO cdp_owner;

COMMENT ON TABLE ops.registry_issues IS 'One row per file, repository or entry of the newest run that could not be taken as it is, and why. All are tried again by every run.';

COMMENT ON COLUMN ops.registry_issues.effect IS 'left_out: it makes no row. kept_older: the row of its older content stays. noted: the row is there, a value of it is not.';

COMMENT ON COLUMN ops.registry_issues.since IS 'The clock of the run that met it first.';

CREATE TABLE ops.runs (
    run_id text NOT NULL,
    asset_key text NOT NULL,
    window_start timestamp with time zone,
    window_end timestamp with time zone,
    partitions integer DEFAULT 1 NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    read_seconds numeric(12,3),
    write_seconds numeric(12,3),
    rows_written bigint,
    rows_deleted bigint,
    attempts integer DEFAULT 1 NOT NULL,
    outcome text NOT NULL,
    launched_by text NOT NULL,
    error_code text,
    error_message text,
    CONSTRAINT runs_outcome_check CHECK ((outcome = ANY (ARRAY['RUNNING'::text, 'SUCCESS'::text, 'CHECK_FAILED'::text, 'FAILED'::text, 'ABANDONED'::text])))
);

ALTER TABLE ops.runs OWNER TO cdp_owner;

COMMENT ON TABLE ops.runs IS 'One row per run and asset. RUNNING with a dead process becomes ABANDONED when the next run of the asset starts. Partition keys that are not time windows leave the window null.';

CREATE TABLE ops.schema_version (
    version_num character varying(32) NOT NULL
);

ALTER TABLE ops.schema_version OWNER TO cdp_owner;

CREATE TABLE ops.source_health (
    source text NOT NULL,
    ok boolean NOT NULL,
    latency_seconds numeric(12,3),
    checked_at timestamp with time zone NOT NULL,
    last_success_at timestamp with time zone,
    consecutive_failures integer DEFAULT 0 NOT NULL,
    breaker text DEFAULT 'closed'::text NOT NULL,
    quota_left bigint,
    quota_resets_at timestamp with time zone,
    error_message text,
    CONSTRAINT source_health_breaker_check CHECK ((breaker = ANY (ARRAY['closed'::text, 'open'::text, 'half_open'::text])))
);

ALTER TABLE ops.source_health OWNER TO cdp_owner;

COMMENT ON TABLE ops.source_health IS 'One row per outside source, written by those who call it. quota_* are null for a source without a quota.';

CREATE TABLE ops.touched_hours (
    asset_key text NOT NULL,
    hour timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    removed_version bigint DEFAULT 0 NOT NULL
);

ALTER TABLE ops.touched_hours OWNER TO cdp_owner;

COMMENT ON TABLE ops.touched_hours IS 'Hours (UTC, start) whose landed rows changed, with the landing''s version of the last change.';

COMMENT ON COLUMN ops.touched_hours.removed_version IS 'The landing''s version when a deal of the hour was last changed or taken away; 0: never, deals were only added.';

CREATE TABLE raw_dmob.client_contract (
    id bigint NOT NULL,
    address_id text,
    _sync_version bigint NOT NULL
);

ALTER TABLE raw_dmob.client_contract OWNER TO cdp_owner;

CREATE TABLE raw_dmob.dc_allocation_claim (
    id bigint NOT NULL,
    client_id text,
    type text,
    _sync_version bigint NOT NULL
);

ALTER TABLE raw_dmob.dc_allocation_claim OWNER TO cdp_owner;

CREATE TABLE raw_dmob.piece (
    piece_id bigint NOT NULL,
    piece_cid text NOT NULL
);

ALTER TABLE raw_dmob.piece OWNER TO cdp_owner;

COMMENT ON TABLE raw_dmob.piece IS 'Exact dictionary of piece CIDs. Unique by the way it is filled (one sync at a time); looked up by hash and text.';

ALTER TABLE raw_dmob.piece ALTER COLUMN piece_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME raw_dmob.piece_piece_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE raw_dmob.touched_pieces (
    version bigint NOT NULL,
    client_id bigint,
    piece_id bigint NOT NULL
);

ALTER TABLE raw_dmob.touched_pieces OWNER TO cdp_owner;

COMMENT ON TABLE raw_dmob.touched_pieces IS 'Clients and pieces of deals that a sync added, changed or took away, as they were and as they are; whoever keeps figures by piece deletes what it has counted anew.';

COMMENT ON COLUMN raw_dmob.touched_pieces.version IS 'Version of the landed deals.';

COMMENT ON COLUMN raw_dmob.touched_pieces.client_id IS 'Client number without f0; null: the landing was filled as a whole, so every piece.';

COMMENT ON COLUMN raw_dmob.touched_pieces.piece_id IS 'Number in raw_dmob.piece; 0 for deals without a CID.';

CREATE TABLE raw_dmob.unified_verified_deal (
    id bigint NOT NULL,
    deal_id bigint NOT NULL,
    client_id bigint,
    provider_id bigint,
    piece_id bigint,
    piece_size bigint,
    term_start bigint,
    started_at timestamp(0) without time zone,
    created_at timestamp(6) without time zone,
    slashed_epoch bigint,
    removed boolean,
    sector_id text,
    type text,
    _unparsed jsonb,
    _sync_version bigint NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.05');

ALTER TABLE raw_dmob.unified_verified_deal OWNER TO cdp_owner;

COMMENT ON TABLE raw_dmob.unified_verified_deal IS 'One row per claim or market deal of the source, as last seen. Rows that cannot be placed (no client, provider or start) stay here.';

COMMENT ON COLUMN raw_dmob.unified_verified_deal.client_id IS 'Actor number without f0; null when absent or not a number (then in _unparsed).';

COMMENT ON COLUMN raw_dmob.unified_verified_deal.piece_size IS 'Padded bytes.';

COMMENT ON COLUMN raw_dmob.unified_verified_deal.started_at IS 'UTC instant of term_start; null when term_start is null or past the year 9999 cannot be meant (4294967295).';

COMMENT ON COLUMN raw_dmob.unified_verified_deal._unparsed IS 'Source texts by column that are not what the typed column holds; null for nearly every row.';

CREATE TABLE raw_dmob.unique_providers (
    provider_id text NOT NULL,
    _sync_version bigint NOT NULL
);

ALTER TABLE raw_dmob.unique_providers OWNER TO cdp_owner;

COMMENT ON TABLE raw_dmob.unique_providers IS 'Distinct providers; the source''s null provider lands as an empty text.';

CREATE TABLE raw_dmob.verified_client (
    id bigint NOT NULL,
    address_id text,
    address text,
    verifier_address_id text,
    initial_allowance numeric,
    allowance numeric,
    created_at_height bigint,
    audit_trail text,
    name text,
    org_name text,
    _sync_version bigint NOT NULL
);

ALTER TABLE raw_dmob.verified_client OWNER TO cdp_owner;

CREATE TABLE raw_dmob.verified_client_allowance (
    id bigint NOT NULL,
    address_id text,
    verifier_address_id text,
    height bigint,
    allowance numeric,
    audit_trail text,
    issue_create_timestamp bigint,
    create_message_timestamp bigint,
    _sync_version bigint NOT NULL
);

ALTER TABLE raw_dmob.verified_client_allowance OWNER TO cdp_owner;

CREATE TABLE raw_dmob.verifier (
    id bigint NOT NULL,
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
    _sync_version bigint NOT NULL
);

ALTER TABLE raw_dmob.verifier OWNER TO cdp_owner;

CREATE TABLE raw_dmob.verifier_allowance (
    id bigint NOT NULL,
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
    _sync_version bigint NOT NULL
);

ALTER TABLE raw_dmob.verifier_allowance OWNER TO cdp_owner;

CREATE TABLE raw_edition5.files (
    name text NOT NULL,
    content_hash text NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    body bytea NOT NULL
);

ALTER TABLE raw_edition5.files OWNER TO cdp_owner;

COMMENT ON TABLE raw_edition5.files IS 'Every file of the fixed edition-5 figures as received, once per content (SHA-256).';

CREATE TABLE raw_filscan.answers (
    answer_id bigint NOT NULL,
    day date NOT NULL,
    request_fingerprint text NOT NULL,
    asked text[] NOT NULL,
    http_status integer NOT NULL,
    is_complete boolean NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    response_hash text NOT NULL,
    body bytea
);

ALTER TABLE raw_filscan.answers OWNER TO cdp_owner;

COMMENT ON TABLE raw_filscan.answers IS 'Every answer as received, before any parsing, kept once per day, request and content. is_complete false: it broke off, is malformed or reports an error, and no row is made of it. asked: the entities of the request, in its order. body null: content-addressed, so the CID in asked fetches it again.';

ALTER TABLE raw_filscan.answers ALTER COLUMN answer_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME raw_filscan.answers_answer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE raw_filspark.answers (
    answer_id bigint NOT NULL,
    day date NOT NULL,
    request_fingerprint text NOT NULL,
    asked text[] NOT NULL,
    http_status integer NOT NULL,
    is_complete boolean NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    response_hash text NOT NULL,
    body bytea
);

ALTER TABLE raw_filspark.answers OWNER TO cdp_owner;

COMMENT ON TABLE raw_filspark.answers IS 'Every answer as received, before any parsing, kept once per day, request and content. is_complete false: it broke off, is malformed or reports an error, and no row is made of it. asked: the entities of the request, in its order. body null: content-addressed, so the CID in asked fetches it again.';

ALTER TABLE raw_filspark.answers ALTER COLUMN answer_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME raw_filspark.answers_answer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE SEQUENCE raw_github.seen
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE raw_github.seen OWNER TO cdp_owner;

CREATE TABLE raw_github.answers (
    answer_id bigint NOT NULL,
    kind text NOT NULL,
    repository text NOT NULL,
    path text NOT NULL,
    request_fingerprint text NOT NULL,
    http_status integer NOT NULL,
    is_complete boolean NOT NULL,
    etag text,
    blob_sha text,
    fetched_at timestamp with time zone NOT NULL,
    seen_number bigint DEFAULT nextval('raw_github.seen'::regclass) NOT NULL,
    response_hash text NOT NULL,
    body bytea NOT NULL,
    CONSTRAINT answers_kind_check CHECK ((kind = ANY (ARRAY['listing'::text, 'tree'::text, 'file'::text, 'repository'::text])))
);

ALTER TABLE raw_github.answers OWNER TO cdp_owner;

COMMENT ON TABLE raw_github.answers IS 'Every answer as received, before any parsing, kept once per request and content. is_complete false: it broke off, is malformed or reports an error, and no row is made of it.';

COMMENT ON COLUMN raw_github.answers.path IS 'Path in the repository; empty for a question about the repository itself.';

COMMENT ON COLUMN raw_github.answers.etag IS 'What the source calls this content, sent back to learn whether it changed.';

COMMENT ON COLUMN raw_github.answers.blob_sha IS 'Git''s name of a file''s content; null for other answers.';

COMMENT ON COLUMN raw_github.answers.fetched_at IS 'The clock when this content was last received or confirmed.';

COMMENT ON COLUMN raw_github.answers.seen_number IS 'Grows with every receipt or confirmation: the largest is the newest, also under a pinned clock.';

ALTER TABLE raw_github.answers ALTER COLUMN answer_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME raw_github.answers_answer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE raw_ipinfo.answers (
    answer_id bigint NOT NULL,
    day date NOT NULL,
    request_fingerprint text NOT NULL,
    asked text[] NOT NULL,
    http_status integer NOT NULL,
    is_complete boolean NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    response_hash text NOT NULL,
    body bytea
);

ALTER TABLE raw_ipinfo.answers OWNER TO cdp_owner;

COMMENT ON TABLE raw_ipinfo.answers IS 'Every answer as received, before any parsing, kept once per day, request and content. is_complete false: it broke off, is malformed or reports an error, and no row is made of it. asked: the entities of the request, in its order. body null: content-addressed, so the CID in asked fetches it again.';

ALTER TABLE raw_ipinfo.answers ALTER COLUMN answer_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME raw_ipinfo.answers_answer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE raw_ipni.advertisement (
    ad_cid text NOT NULL,
    previous_cid text,
    provider_id text NOT NULL,
    context_id text NOT NULL,
    entries_cid text NOT NULL,
    is_rm boolean NOT NULL,
    walked_for text NOT NULL,
    entries_number bigint,
    counted_entries bigint DEFAULT 0 NOT NULL,
    counted_blocks bigint DEFAULT 0 NOT NULL,
    next_block_cid text,
    mark_cid text,
    fetched_at timestamp with time zone NOT NULL,
    answer_id bigint NOT NULL
);

ALTER TABLE raw_ipni.advertisement OWNER TO cdp_owner;

COMMENT ON TABLE raw_ipni.advertisement IS 'One row per advertisement that the walk has read. entries_number null: its entries are not counted to the end yet; counted_* and next_block_cid say where the counting goes on, mark_cid finds a chain that loops. walked_for: provider of cid.contact whose chain it was found in; when that one leaves the list, another one of the same chain.';

CREATE TABLE raw_ipni.answers (
    answer_id bigint NOT NULL,
    day date NOT NULL,
    request_fingerprint text NOT NULL,
    asked text[] NOT NULL,
    http_status integer NOT NULL,
    is_complete boolean NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    response_hash text NOT NULL,
    body bytea
);

ALTER TABLE raw_ipni.answers OWNER TO cdp_owner;

COMMENT ON TABLE raw_ipni.answers IS 'Every answer as received, before any parsing, kept once per day, request and content. is_complete false: it broke off, is malformed or reports an error, and no row is made of it. asked: the entities of the request, in its order. body null: content-addressed, so the CID in asked fetches it again.';

ALTER TABLE raw_ipni.answers ALTER COLUMN answer_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME raw_ipni.answers_answer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE raw_ipni.broken_link (
    cid text NOT NULL,
    walked_for text NOT NULL,
    reason text NOT NULL,
    failures integer DEFAULT 1 NOT NULL,
    first_failed_at timestamp with time zone NOT NULL,
    last_failed_at timestamp with time zone NOT NULL,
    retry_at timestamp with time zone NOT NULL
);

ALTER TABLE raw_ipni.broken_link OWNER TO cdp_owner;

COMMENT ON TABLE raw_ipni.broken_link IS 'One row per advertisement that its publisher no longer serves or cannot serve, or whose entries cannot be counted. Tried again at retry_at; it leaves the table once it succeeds.';

CREATE TABLE raw_ipni.provider_reporting (
    day date NOT NULL,
    provider text NOT NULL,
    peer_id text,
    reported_count numeric,
    actual_count numeric,
    reporting_status text NOT NULL
);

ALTER TABLE raw_ipni.provider_reporting OWNER TO cdp_owner;

COMMENT ON TABLE raw_ipni.provider_reporting IS 'One row per UTC day and provider: what its IPNI status was made of on that day, so that a past day is never made of today''s advertisements.';

CREATE TABLE raw_ipni.publisher (
    provider_id text NOT NULL,
    publisher_id text,
    addresses text[] NOT NULL,
    base_url text,
    head_cid text,
    seen_at timestamp with time zone NOT NULL
);

ALTER TABLE raw_ipni.publisher OWNER TO cdp_owner;

COMMENT ON TABLE raw_ipni.publisher IS 'One row per provider of cid.contact as last seen. base_url null: no address of it speaks HTTP. head_cid null: it never advertised.';

CREATE TABLE raw_lotus.answers (
    answer_id bigint NOT NULL,
    day date NOT NULL,
    request_fingerprint text NOT NULL,
    asked text[] NOT NULL,
    http_status integer NOT NULL,
    is_complete boolean NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    response_hash text NOT NULL,
    body bytea
);

ALTER TABLE raw_lotus.answers OWNER TO cdp_owner;

COMMENT ON TABLE raw_lotus.answers IS 'Every answer as received, before any parsing, kept once per day, request and content. is_complete false: it broke off, is malformed or reports an error, and no row is made of it. asked: the entities of the request, in its order. body null: content-addressed, so the CID in asked fetches it again.';

ALTER TABLE raw_lotus.answers ALTER COLUMN answer_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME raw_lotus.answers_answer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE raw_lotus.client_status (
    day date NOT NULL,
    client text NOT NULL,
    available_datacap numeric,
    contract_address text,
    max_deviation_bps bigint,
    fetched_at timestamp with time zone NOT NULL,
    answer_id bigint NOT NULL
);

ALTER TABLE raw_lotus.client_status OWNER TO cdp_owner;

COMMENT ON TABLE raw_lotus.client_status IS 'One row per UTC day and client. available_datacap: bytes left on chain; null: the chain knows no datacap of it. contract_address: its contract as 0x; null: none. max_deviation_bps: the contract''s limit in hundredths of a percent; null: not told.';

CREATE TABLE raw_lotus.miner_info (
    day date NOT NULL,
    provider text NOT NULL,
    peer_id text,
    lotus_peer_id text,
    contract_peer_id text,
    multiaddrs text[] NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    answer_id bigint NOT NULL,
    contract_answer_id bigint NOT NULL
);

ALTER TABLE raw_lotus.miner_info OWNER TO cdp_owner;

COMMENT ON TABLE raw_lotus.miner_info IS 'One row per UTC day and provider. peer_id: that of the contract where it is set, else that of the node; null: neither names one. multiaddrs: decoded; those that could not be are left out.';

CREATE TABLE raw_url_finder.answers (
    answer_id bigint NOT NULL,
    day date NOT NULL,
    request_fingerprint text NOT NULL,
    asked text[] NOT NULL,
    http_status integer NOT NULL,
    is_complete boolean NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    response_hash text NOT NULL,
    body bytea NOT NULL
);

ALTER TABLE raw_url_finder.answers OWNER TO cdp_owner;

COMMENT ON TABLE raw_url_finder.answers IS 'Every answer as received, before any parsing, kept once per day, request and content. is_complete false: it broke off, is malformed or reports an error, and no row is made of it. asked: the providers of the request, in its order. Of a pair: the provider, then the client.';

ALTER TABLE raw_url_finder.answers ALTER COLUMN answer_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME raw_url_finder.answers_answer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE raw_url_finder.client_working_url (
    day date NOT NULL,
    client text NOT NULL,
    provider text NOT NULL,
    working_url text,
    retrievability_percent numeric,
    answer_id bigint NOT NULL
);

ALTER TABLE raw_url_finder.client_working_url OWNER TO cdp_owner;

COMMENT ON TABLE raw_url_finder.client_working_url IS 'One row per UTC day, client and provider that the URL finder was asked for and answered. working_url null: it knows none, or not the pair. retrievability_percent 0 to 100; null: not measured.';

CREATE TABLE raw_url_finder.provider_retrievability (
    day date NOT NULL,
    provider text NOT NULL,
    retrievability_percent numeric,
    answer_id bigint NOT NULL
);

ALTER TABLE raw_url_finder.provider_retrievability OWNER TO cdp_owner;

COMMENT ON TABLE raw_url_finder.provider_retrievability IS 'One row per UTC day and provider that the URL finder knows. retrievability_percent 0 to 100; null: known, not measured.';

CREATE TABLE staging.staging_payloads (
    payload_id uuid NOT NULL,
    run_id text NOT NULL,
    chain_id text NOT NULL,
    period_id text NOT NULL,
    validator_key text DEFAULT ''::text NOT NULL,
    provider_name text NOT NULL,
    provider_version text,
    data_type text NOT NULL,
    request_fingerprint text NOT NULL,
    http_status integer,
    fetch_timestamp timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    role text NOT NULL,
    is_complete boolean NOT NULL,
    response_hash text NOT NULL,
    raw_payload jsonb,
    raw_body bytea NOT NULL,
    CONSTRAINT staging_payloads_check CHECK ((last_seen_at >= fetch_timestamp)),
    CONSTRAINT staging_payloads_role_check CHECK ((role = ANY (ARRAY['answer'::text, 'part'::text, 'manifest'::text])))
)
PARTITION BY LIST (data_type);

ALTER TABLE staging.staging_payloads OWNER TO cdp_owner;

COMMENT ON TABLE staging.staging_payloads IS 'Every provider answer as received, kept once per content. A fetch of many answers (role part) is whole once its manifest, the list of their hashes, is there; an answer stands alone.';

COMMENT ON COLUMN staging.staging_payloads.validator_key IS 'Empty for an answer about many validators.';

COMMENT ON COLUMN staging.staging_payloads.fetch_timestamp IS 'Clock when this content was first received, UTC.';

COMMENT ON COLUMN staging.staging_payloads.last_seen_at IS 'Clock when this content was last received, UTC; decides which content is the newest.';

COMMENT ON COLUMN staging.staging_payloads.is_complete IS 'False for an answer that broke off, is malformed or reports an error: evidence that is never normalised.';

COMMENT ON COLUMN staging.staging_payloads.response_hash IS 'SHA-256 of the canonical JSON, of the bytes where they are no JSON.';

COMMENT ON COLUMN staging.staging_payloads.raw_payload IS 'The body for queries; null where it is no JSON that Postgres can hold. Numbers are to be read from raw_body.';

COMMENT ON COLUMN staging.staging_payloads.raw_body IS 'The body as received, after content-decoding.';

CREATE TABLE staging.staging_fees (
    payload_id uuid CONSTRAINT staging_payloads_payload_id_not_null NOT NULL,
    run_id text CONSTRAINT staging_payloads_run_id_not_null NOT NULL,
    chain_id text CONSTRAINT staging_payloads_chain_id_not_null NOT NULL,
    period_id text CONSTRAINT staging_payloads_period_id_not_null NOT NULL,
    validator_key text DEFAULT ''::text CONSTRAINT staging_payloads_validator_key_not_null NOT NULL,
    provider_name text CONSTRAINT staging_payloads_provider_name_not_null NOT NULL,
    provider_version text,
    data_type text CONSTRAINT staging_payloads_data_type_not_null NOT NULL,
    request_fingerprint text CONSTRAINT staging_payloads_request_fingerprint_not_null NOT NULL,
    http_status integer,
    fetch_timestamp timestamp with time zone CONSTRAINT staging_payloads_fetch_timestamp_not_null NOT NULL,
    last_seen_at timestamp with time zone CONSTRAINT staging_payloads_last_seen_at_not_null NOT NULL,
    role text CONSTRAINT staging_payloads_role_not_null NOT NULL,
    is_complete boolean CONSTRAINT staging_payloads_is_complete_not_null NOT NULL,
    response_hash text CONSTRAINT staging_payloads_response_hash_not_null NOT NULL,
    raw_payload jsonb,
    raw_body bytea CONSTRAINT staging_payloads_raw_body_not_null NOT NULL,
    CONSTRAINT staging_payloads_check CHECK ((last_seen_at >= fetch_timestamp)),
    CONSTRAINT staging_payloads_role_check CHECK ((role = ANY (ARRAY['answer'::text, 'part'::text, 'manifest'::text])))
);

ALTER TABLE staging.staging_fees OWNER TO cdp_owner;

CREATE TABLE staging.staging_meta (
    payload_id uuid CONSTRAINT staging_payloads_payload_id_not_null NOT NULL,
    run_id text CONSTRAINT staging_payloads_run_id_not_null NOT NULL,
    chain_id text CONSTRAINT staging_payloads_chain_id_not_null NOT NULL,
    period_id text CONSTRAINT staging_payloads_period_id_not_null NOT NULL,
    validator_key text DEFAULT ''::text CONSTRAINT staging_payloads_validator_key_not_null NOT NULL,
    provider_name text CONSTRAINT staging_payloads_provider_name_not_null NOT NULL,
    provider_version text,
    data_type text CONSTRAINT staging_payloads_data_type_not_null NOT NULL,
    request_fingerprint text CONSTRAINT staging_payloads_request_fingerprint_not_null NOT NULL,
    http_status integer,
    fetch_timestamp timestamp with time zone CONSTRAINT staging_payloads_fetch_timestamp_not_null NOT NULL,
    last_seen_at timestamp with time zone CONSTRAINT staging_payloads_last_seen_at_not_null NOT NULL,
    role text CONSTRAINT staging_payloads_role_not_null NOT NULL,
    is_complete boolean CONSTRAINT staging_payloads_is_complete_not_null NOT NULL,
    response_hash text CONSTRAINT staging_payloads_response_hash_not_null NOT NULL,
    raw_payload jsonb,
    raw_body bytea CONSTRAINT staging_payloads_raw_body_not_null NOT NULL,
    CONSTRAINT staging_payloads_check CHECK ((last_seen_at >= fetch_timestamp)),
    CONSTRAINT staging_payloads_role_check CHECK ((role = ANY (ARRAY['answer'::text, 'part'::text, 'manifest'::text])))
);

ALTER TABLE staging.staging_meta OWNER TO cdp_owner;

CREATE TABLE staging.staging_mev (
    payload_id uuid CONSTRAINT staging_payloads_payload_id_not_null NOT NULL,
    run_id text CONSTRAINT staging_payloads_run_id_not_null NOT NULL,
    chain_id text CONSTRAINT staging_payloads_chain_id_not_null NOT NULL,
    period_id text CONSTRAINT staging_payloads_period_id_not_null NOT NULL,
    validator_key text DEFAULT ''::text CONSTRAINT staging_payloads_validator_key_not_null NOT NULL,
    provider_name text CONSTRAINT staging_payloads_provider_name_not_null NOT NULL,
    provider_version text,
    data_type text CONSTRAINT staging_payloads_data_type_not_null NOT NULL,
    request_fingerprint text CONSTRAINT staging_payloads_request_fingerprint_not_null NOT NULL,
    http_status integer,
    fetch_timestamp timestamp with time zone CONSTRAINT staging_payloads_fetch_timestamp_not_null NOT NULL,
    last_seen_at timestamp with time zone CONSTRAINT staging_payloads_last_seen_at_not_null NOT NULL,
    role text CONSTRAINT staging_payloads_role_not_null NOT NULL,
    is_complete boolean CONSTRAINT staging_payloads_is_complete_not_null NOT NULL,
    response_hash text CONSTRAINT staging_payloads_response_hash_not_null NOT NULL,
    raw_payload jsonb,
    raw_body bytea CONSTRAINT staging_payloads_raw_body_not_null NOT NULL,
    CONSTRAINT staging_payloads_check CHECK ((last_seen_at >= fetch_timestamp)),
    CONSTRAINT staging_payloads_role_check CHECK ((role = ANY (ARRAY['answer'::text, 'part'::text, 'manifest'::text])))
);

ALTER TABLE staging.staging_mev OWNER TO cdp_owner;

CREATE TABLE staging.staging_periods (
    payload_id uuid CONSTRAINT staging_payloads_payload_id_not_null NOT NULL,
    run_id text CONSTRAINT staging_payloads_run_id_not_null NOT NULL,
    chain_id text CONSTRAINT staging_payloads_chain_id_not_null NOT NULL,
    period_id text CONSTRAINT staging_payloads_period_id_not_null NOT NULL,
    validator_key text DEFAULT ''::text CONSTRAINT staging_payloads_validator_key_not_null NOT NULL,
    provider_name text CONSTRAINT staging_payloads_provider_name_not_null NOT NULL,
    provider_version text,
    data_type text CONSTRAINT staging_payloads_data_type_not_null NOT NULL,
    request_fingerprint text CONSTRAINT staging_payloads_request_fingerprint_not_null NOT NULL,
    http_status integer,
    fetch_timestamp timestamp with time zone CONSTRAINT staging_payloads_fetch_timestamp_not_null NOT NULL,
    last_seen_at timestamp with time zone CONSTRAINT staging_payloads_last_seen_at_not_null NOT NULL,
    role text CONSTRAINT staging_payloads_role_not_null NOT NULL,
    is_complete boolean CONSTRAINT staging_payloads_is_complete_not_null NOT NULL,
    response_hash text CONSTRAINT staging_payloads_response_hash_not_null NOT NULL,
    raw_payload jsonb,
    raw_body bytea CONSTRAINT staging_payloads_raw_body_not_null NOT NULL,
    CONSTRAINT staging_payloads_check CHECK ((last_seen_at >= fetch_timestamp)),
    CONSTRAINT staging_payloads_role_check CHECK ((role = ANY (ARRAY['answer'::text, 'part'::text, 'manifest'::text])))
);

ALTER TABLE staging.staging_periods OWNER TO cdp_owner;

CREATE TABLE staging.staging_rewards (
    payload_id uuid CONSTRAINT staging_payloads_payload_id_not_null NOT NULL,
    run_id text CONSTRAINT staging_payloads_run_id_not_null NOT NULL,
    chain_id text CONSTRAINT staging_payloads_chain_id_not_null NOT NULL,
    period_id text CONSTRAINT staging_payloads_period_id_not_null NOT NULL,
    validator_key text DEFAULT ''::text CONSTRAINT staging_payloads_validator_key_not_null NOT NULL,
    provider_name text CONSTRAINT staging_payloads_provider_name_not_null NOT NULL,
    provider_version text,
    data_type text CONSTRAINT staging_payloads_data_type_not_null NOT NULL,
    request_fingerprint text CONSTRAINT staging_payloads_request_fingerprint_not_null NOT NULL,
    http_status integer,
    fetch_timestamp timestamp with time zone CONSTRAINT staging_payloads_fetch_timestamp_not_null NOT NULL,
    last_seen_at timestamp with time zone CONSTRAINT staging_payloads_last_seen_at_not_null NOT NULL,
    role text CONSTRAINT staging_payloads_role_not_null NOT NULL,
    is_complete boolean CONSTRAINT staging_payloads_is_complete_not_null NOT NULL,
    response_hash text CONSTRAINT staging_payloads_response_hash_not_null NOT NULL,
    raw_payload jsonb,
    raw_body bytea CONSTRAINT staging_payloads_raw_body_not_null NOT NULL,
    CONSTRAINT staging_payloads_check CHECK ((last_seen_at >= fetch_timestamp)),
    CONSTRAINT staging_payloads_role_check CHECK ((role = ANY (ARRAY['answer'::text, 'part'::text, 'manifest'::text])))
);

ALTER TABLE staging.staging_rewards OWNER TO cdp_owner;

CREATE TABLE validators.canonical_periods__solana_mainnet (
    chain_id text CONSTRAINT canonical_periods_chain_id_not_null NOT NULL,
    period_id text CONSTRAINT canonical_periods_period_id_not_null NOT NULL,
    period_ordinal bigint,
    period_type text,
    start_slot bigint,
    end_slot bigint,
    start_block bigint,
    end_block bigint,
    start_ts timestamp with time zone,
    end_ts timestamp with time zone,
    status text,
    finalized_at timestamp with time zone,
    version integer CONSTRAINT canonical_periods_version_not_null NOT NULL,
    is_current boolean CONSTRAINT canonical_periods_is_current_not_null NOT NULL,
    is_void boolean DEFAULT false CONSTRAINT canonical_periods_is_void_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT canonical_periods_recorded_at_not_null NOT NULL,
    superseded_at timestamp with time zone,
    superseded_by integer,
    source_provider text CONSTRAINT canonical_periods_source_provider_not_null NOT NULL,
    source_payload_id uuid,
    normalized_at timestamp with time zone CONSTRAINT canonical_periods_normalized_at_not_null NOT NULL,
    config_hash text CONSTRAINT canonical_periods_config_hash_not_null NOT NULL,
    content_hash text CONSTRAINT canonical_periods_content_hash_not_null NOT NULL,
    quality_flags text[] DEFAULT '{}'::text[] CONSTRAINT canonical_periods_quality_flags_not_null NOT NULL,
    CONSTRAINT canonical_periods_check CHECK ((start_slot <= end_slot)),
    CONSTRAINT canonical_periods_check1 CHECK ((start_ts <= end_ts)),
    CONSTRAINT canonical_periods_check2 CHECK ((superseded_at >= recorded_at)),
    CONSTRAINT canonical_periods_check3 CHECK ((superseded_by = (version + 1))),
    CONSTRAINT canonical_periods_check4 CHECK ((is_current = (superseded_at IS NULL))),
    CONSTRAINT canonical_periods_check5 CHECK (((superseded_at IS NULL) = (superseded_by IS NULL))),
    CONSTRAINT canonical_periods_check6 CHECK (
CASE
    WHEN is_void THEN ((period_ordinal IS NULL) AND (period_type IS NULL) AND (start_slot IS NULL) AND (end_slot IS NULL) AND (status IS NULL))
    ELSE ((period_ordinal IS NOT NULL) AND (period_type IS NOT NULL) AND (start_slot IS NOT NULL) AND (end_slot IS NOT NULL) AND (status IS NOT NULL))
END),
    CONSTRAINT canonical_periods_period_type_check CHECK ((period_type = ANY (ARRAY['EPOCH'::text, 'BLOCK_WINDOW'::text, 'SLOT_RANGE'::text]))),
    CONSTRAINT canonical_periods_status_check CHECK ((status = ANY (ARRAY['OPEN'::text, 'ENDED'::text, 'FINAL'::text, 'CLOSED'::text]))),
    CONSTRAINT canonical_periods_version_check CHECK ((version > 0))
);

ALTER TABLE validators.canonical_periods__solana_mainnet OWNER TO cdp_owner;

CREATE TABLE validators.canonical_provenance (
    chain_id text NOT NULL,
    table_name text NOT NULL,
    period_id text NOT NULL,
    payload_id uuid NOT NULL,
    normalized_at timestamp with time zone NOT NULL
);

ALTER TABLE validators.canonical_provenance OWNER TO cdp_owner;

COMMENT ON TABLE validators.canonical_provenance IS 'Which payloads a period of a canonical table was normalised from, also when they changed no value.';

CREATE TABLE validators.canonical_validator_fees__solana_mainnet (
    chain_id text CONSTRAINT canonical_validator_fees_chain_id_not_null NOT NULL,
    period_id text CONSTRAINT canonical_validator_fees_period_id_not_null NOT NULL,
    validator_key text CONSTRAINT canonical_validator_fees_validator_key_not_null NOT NULL,
    total_fees_native numeric(78,0),
    fee_count bigint,
    base_fees_native numeric(78,0),
    priority_fees_native numeric(78,0),
    blocks_produced bigint,
    leader_slots bigint,
    version integer CONSTRAINT canonical_validator_fees_version_not_null NOT NULL,
    is_current boolean CONSTRAINT canonical_validator_fees_is_current_not_null NOT NULL,
    is_void boolean DEFAULT false CONSTRAINT canonical_validator_fees_is_void_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT canonical_validator_fees_recorded_at_not_null NOT NULL,
    superseded_at timestamp with time zone,
    superseded_by integer,
    source_provider text CONSTRAINT canonical_validator_fees_source_provider_not_null NOT NULL,
    source_payload_id uuid,
    normalized_at timestamp with time zone CONSTRAINT canonical_validator_fees_normalized_at_not_null NOT NULL,
    config_hash text CONSTRAINT canonical_validator_fees_config_hash_not_null NOT NULL,
    content_hash text CONSTRAINT canonical_validator_fees_content_hash_not_null NOT NULL,
    quality_flags text[] DEFAULT '{}'::text[] CONSTRAINT canonical_validator_fees_quality_flags_not_null NOT NULL,
    CONSTRAINT canonical_validator_fees_base_fees_native_check CHECK ((base_fees_native >= (0)::numeric)),
    CONSTRAINT canonical_validator_fees_blocks_produced_check CHECK ((blocks_produced >= 0)),
    CONSTRAINT canonical_validator_fees_check CHECK ((leader_slots >= blocks_produced)),
    CONSTRAINT canonical_validator_fees_check1 CHECK ((superseded_at >= recorded_at)),
    CONSTRAINT canonical_validator_fees_check2 CHECK ((superseded_by = (version + 1))),
    CONSTRAINT canonical_validator_fees_check3 CHECK ((is_current = (superseded_at IS NULL))),
    CONSTRAINT canonical_validator_fees_check4 CHECK (((superseded_at IS NULL) = (superseded_by IS NULL))),
    CONSTRAINT canonical_validator_fees_check5 CHECK (
CASE
    WHEN is_void THEN ((total_fees_native IS NULL) AND (fee_count IS NULL))
    ELSE ((total_fees_native IS NOT NULL) AND (fee_count IS NOT NULL))
END),
    CONSTRAINT canonical_validator_fees_fee_count_check CHECK ((fee_count >= 0)),
    CONSTRAINT canonical_validator_fees_priority_fees_native_check CHECK ((priority_fees_native >= (0)::numeric)),
    CONSTRAINT canonical_validator_fees_total_fees_native_check CHECK ((total_fees_native >= (0)::numeric)),
    CONSTRAINT canonical_validator_fees_version_check CHECK ((version > 0))
);

ALTER TABLE validators.canonical_validator_fees__solana_mainnet OWNER TO cdp_owner;

CREATE TABLE validators.canonical_validator_identities__solana_mainnet (
    chain_id text CONSTRAINT canonical_validator_identities_chain_id_not_null NOT NULL,
    period_id text CONSTRAINT canonical_validator_identities_period_id_not_null NOT NULL,
    validator_key text CONSTRAINT canonical_validator_identities_validator_key_not_null NOT NULL,
    kind text CONSTRAINT canonical_validator_identities_kind_not_null NOT NULL,
    value text CONSTRAINT canonical_validator_identities_value_not_null NOT NULL,
    version integer CONSTRAINT canonical_validator_identities_version_not_null NOT NULL,
    is_current boolean CONSTRAINT canonical_validator_identities_is_current_not_null NOT NULL,
    is_void boolean DEFAULT false CONSTRAINT canonical_validator_identities_is_void_not_null NOT NULL,
    recorded_at timestamp with time zone CONSTRAINT canonical_validator_identities_recorded_at_not_null NOT NULL,
    superseded_at timestamp with time zone,
    superseded_by integer,
    source_provider text CONSTRAINT canonical_validator_identities_source_provider_not_null NOT NULL,
    source_payload_id uuid,
    normalized_at timestamp with time zone CONSTRAINT canonical_validator_identities_normalized_at_not_null NOT NULL,
    config_hash text CONSTRAINT canonical_validator_identities_config_hash_not_null NOT NULL,
    content_hash text CONSTRAINT canonical_validator_identities_content_hash_not_null NOT NULL,
    quality_flags text[] DEFAULT '{}'::text[] CONSTRAINT canonical_validator_identities_quality_flags_not_null NOT NULL,
    CONSTRAINT canonical_validator_identities_check CHECK ((superseded_at >= recorded_at)),
    CONSTRAINT canonical_validator_identities_check1 CHECK ((superseded_by = (version + 1))),
    CONSTRAINT canonical_validator_identities_check2 CHECK ((is_current = (superseded_at IS NULL))),
    CONSTRAINT canonical_validator_identities_check3 CHECK (((superseded_at IS NULL) = (superseded_by IS NULL))),
    CONSTRAINT canonical_validator_identities_is_void_check CHECK (
CASE
    WHEN is_void THEN true
    ELSE true
END),
    CONSTRAINT canonical_validator_identities_kind_check CHECK ((kind = ANY (ARRAY['vote'::text, 'identity'::text, 'pubkey'::text, 'index'::text, 'fee_recipient'::text, 'withdrawal'::text]))),
    CONSTRAINT canonical_validator_identities_version_check CHECK ((version > 0))
);

ALTER TABLE validators.canonical_validator_identities__solana_mainnet OWNER TO cdp_owner;

CREATE TABLE validators.chain_configs (
    config_hash text NOT NULL,
    chain_id text NOT NULL,
    config jsonb NOT NULL,
    first_loaded_at timestamp with time zone NOT NULL
);

ALTER TABLE validators.chain_configs OWNER TO cdp_owner;

COMMENT ON TABLE validators.chain_configs IS 'One row per configuration that a chain ever had: what the config_hash of a computed row stands for.';

CREATE TABLE validators.chain_registry (
    chain_id text NOT NULL,
    chain_name text NOT NULL,
    protocol text NOT NULL,
    native_symbol text NOT NULL,
    native_decimals integer NOT NULL,
    main_period_type text NOT NULL,
    first_period bigint NOT NULL,
    config_hash text NOT NULL,
    CONSTRAINT chain_registry_native_decimals_check CHECK (((native_decimals >= 0) AND (native_decimals <= 36)))
);

ALTER TABLE validators.chain_registry OWNER TO cdp_owner;

COMMENT ON TABLE validators.chain_registry IS 'One row per chain as chains.yaml has it now.';

CREATE VIEW validators.validator_identity_ranges WITH (security_invoker='true') AS
 WITH numbered AS (
         SELECT i.chain_id,
            i.validator_key,
            i.kind,
            i.value,
            p.period_ordinal,
            (p.period_ordinal - row_number() OVER (PARTITION BY i.chain_id, i.validator_key, i.kind, i.value ORDER BY p.period_ordinal)) AS island
           FROM (validators.canonical_validator_identities i
             JOIN validators.canonical_periods p ON (((p.chain_id = i.chain_id) AND (p.period_id = i.period_id) AND p.is_current AND (NOT p.is_void))))
          WHERE (i.is_current AND (NOT i.is_void))
        )
 SELECT chain_id,
    validator_key,
    kind,
    value,
    min(period_ordinal) AS from_period,
    max(period_ordinal) AS to_period
   FROM numbered
  GROUP BY chain_id, validator_key, kind, value, island;

ALTER VIEW validators.validator_identity_ranges OWNER TO cdp_owner;

COMMENT ON VIEW validators.validator_identity_ranges IS 'One row per unbroken run of observed periods in which a validator was known by a key; both ordinals inclusive.';

ALTER TABLE ONLY staging.staging_payloads ATTACH PARTITION staging.staging_fees FOR VALUES IN ('FEES');

ALTER TABLE ONLY staging.staging_payloads ATTACH PARTITION staging.staging_meta FOR VALUES IN ('META');

ALTER TABLE ONLY staging.staging_payloads ATTACH PARTITION staging.staging_mev FOR VALUES IN ('MEV');

ALTER TABLE ONLY staging.staging_payloads ATTACH PARTITION staging.staging_periods FOR VALUES IN ('PERIODS');

ALTER TABLE ONLY staging.staging_payloads ATTACH PARTITION staging.staging_rewards FOR VALUES IN ('REWARDS');

ALTER TABLE ONLY validators.canonical_periods ATTACH PARTITION validators.canonical_periods__solana_mainnet FOR VALUES IN ('solana-mainnet');

ALTER TABLE ONLY validators.canonical_validator_fees ATTACH PARTITION validators.canonical_validator_fees__solana_mainnet FOR VALUES IN ('solana-mainnet');

ALTER TABLE ONLY validators.canonical_validator_identities ATTACH PARTITION validators.canonical_validator_identities__solana_mainnet FOR VALUES IN ('solana-mainnet');

INSERT INTO filplus.allocator_client_bookkeeping VALUES
	('f01858410', 'f03100021', 'f1ls4lnuxsbm3guxi4pokwjsecbfnkqkdt2ugffbi', 'applications/f1ls4lnuxsbm3guxi4pokwjsecbfnkqkdt2ugffbi.json', '{
  "Version": "1.3",
  "ID": "f1ls4lnuxsbm3guxi4pokwjsecbfnkqkdt2ugffbi",
  "Issue Number": "592",
  "Client": {
    "Name": "Client 3",
    "Region": "Germany",
    "Industry": "Life Science"
  },
  "Project": {
    "Confirm that this is a public dataset that can be retrieved by anyone on the network (i.e., no specific permissions or access rights are required to view the data)": "Yes",
    "Please list the provider IDs and location of the storage providers you will be working with. Note that it is a requirement to list a minimum of 5 unique provider IDs, and that your client address will be verified against this list in the future": "f01000011, Germany\nf01000033, Hong Kong\nf01000165, United States\nF01000209, Germany\nf01000220, Hong Kong\nf01000242, United States\nf01000308, Germany\nF01000363, Hong Kong\nf01000374, United States\nf01000396, Germany\nf01000407, Hong Kong\nF01000418, United States\nf01000473, Germany"
  },
  "Datacap": {
    "Type": "ldn-v3",
    "Total Requested Amount": "61 TiB",
    "Single Size Dataset": "8TiB",
    "Replicas": 4
  },
  "Lifecycle": {
    "State": "Granted",
    "Active": true,
    "On Chain Address": "f1ls4lnuxsbm3guxi4pokwjsecbfnkqkdt2ugffbi"
  },
  "Allocation Requests": [
    {
      "ID": "6cc7d5ec28093f17",
      "Allocation Amount": "33088428048384B"
    }
  ]
}', 'Client 3', NULL, '{f01000011,f01000033,f01000165,f01000209,f01000220,f01000242,f01000308,f01000363,f01000374,f01000396,f01000407,f01000418,f01000473}', true, true, 67070209294336, 8796093022208, '7f242edf203893c11f20d263df88374f347119b4', NULL),
	('f01858410', 'f03100063', 'f1apnna2s5tusqbrbjpdjvx6trqr7ygjq6oo2nuoa', 'applications/f1apnna2s5tusqbrbjpdjvx6trqr7ygjq6oo2nuoa.json', '{
  "Version": "1.3",
  "ID": "f1apnna2s5tusqbrbjpdjvx6trqr7ygjq6oo2nuoa",
  "Issue Number": "635",
  "Client": {
    "Name": "Client 9",
    "Region": "Germany",
    "Industry": "Life Science"
  },
  "Project": {
    "Confirm that this is a public dataset that can be retrieved by anyone on the network (i.e., no specific permissions or access rights are required to view the data)": "[ ] I confirm",
    "Please list the provider IDs and location of the storage providers you will be working with. Note that it is a requirement to list a minimum of 5 unique provider IDs, and that your client address will be verified against this list in the future": "f01000143, Germany\nf01000231, Hong Kong"
  },
  "Datacap": {
    "Type": "ldn-v3",
    "Total Requested Amount": "2TiB",
    "Single Size Dataset": "1TiB",
    "Replicas": 4
  },
  "Lifecycle": {
    "State": "Granted",
    "Active": true,
    "On Chain Address": "f1apnna2s5tusqbrbjpdjvx6trqr7ygjq6oo2nuoa"
  },
  "Allocation Requests": [
    {
      "ID": "3a38179cd25fface",
      "Allocation Amount": "721554505728B"
    }
  ]
}', 'Client 9', NULL, '{f01000143,f01000231}', false, false, 2199023255552, 1099511627776, 'dbb73a6d837b6cafbbfbe0bf88fce0defa728490', NULL);

INSERT INTO filplus.allocator_client_stats_daily VALUES
	('f0121877', '2026-08-14 00:00:00', 5, 0, NULL),
	('f01858410', '2026-08-14 00:00:00', 13, 0, 7478073);

INSERT INTO filplus.allocator_compliance_weekly VALUES
	('2026-07-06 00:00:00', 'f0121877', true, true, true, 68719476736, 0, 0, 0, 0, 50, 'nonCompliant', 1),
	('2026-07-06 00:00:00', 'f0121877', true, true, false, 68719476736, 0, 0, 0, 0, 50, 'nonCompliant', 1);

INSERT INTO filplus.allocator_registry VALUES
	('f0121877', 'f2yoxry2mw7xu4lbhijzofp3v73mnn6rzqhjmf2wa', 'Allocators/recb3df5c7fa67e61.json', '{
  "application_number": 1001,
  "address": "f2yoxry2mw7xu4lbhijzofp3v73mnn6rzqhjmf2wa",
  "name": "Allocator 1",
  "allocator_id": "f0121877",
  "organization": "Organisation 1",
  "metapathway_type": "AMA",
  "pathway_addresses": {
    "msig": "",
    "signers": []
  },
  "application": {
    "audit": [
      "Automated"
    ],
    "distribution": [],
    "data_types": [
      "Public Open Dataset (Research/Non-Profit)"
    ],
    "tranche_schedule": "I will use a custom calculation.",
    "required_sps": "over 5",
    "required_replicas": "5",
    "allocation_bookkeeping": "https://github.com/simulated-allocators/Allocator-1"
  },
  "history": {
    "Approved": "2025-08-04T08:00:00.000Z",
    "Declined": ""
  },
  "audits": [
    {
      "started": "2025-07-16T08:00:00.000Z",
      "ended": "2025-08-04T08:00:00.000Z",
      "dc_allocated": "2025-08-06T05:36:00.000Z",
      "outcome": "GRANTED",
      "datacap_amount": 5
    },
    {
      "started": "2025-11-03T08:00:00.000Z",
      "ended": "2025-11-22T08:00:00.000Z",
      "dc_allocated": "2025-11-24T05:36:00.000Z",
      "outcome": "MATCH",
      "datacap_amount": "5"
    },
    {
      "started": "2026-02-21T08:00:00.000Z",
      "ended": "2026-03-12T08:00:00.000Z",
      "dc_allocated": "2026-03-14T05:36:00.000Z",
      "outcome": "DOUBLED",
      "datacap_amount": 2.5
    }
  ],
  "old_allocator_id": ""
}', false, 'enterprise', NULL, 'AMA', '{Automated}', '{"Public Open Dataset (Research/Non-Profit)"}', '5', '5', 'I will use a custom calculation.', 'simulated-allocators/Allocator-1', '[{"ended": "2025-08-04T08:00:00.000Z", "outcome": "notAudited", "started": "2025-07-16T08:00:00.000Z", "dc_allocated": "2025-08-06T05:36:00.000Z", "datacap_amount_pib": 5}, {"ended": "2025-11-22T08:00:00.000Z", "outcome": "passed", "started": "2025-11-03T08:00:00.000Z", "dc_allocated": "2025-11-24T05:36:00.000Z", "datacap_amount_pib": 5}, {"ended": "2026-03-12T08:00:00.000Z", "outcome": "passed", "started": "2026-02-21T08:00:00.000Z", "dc_allocated": "2026-03-14T05:36:00.000Z", "datacap_amount_pib": 2.5}]', '2025-08-04 08:00:00', '2025-08-04 08:00:00', '3511e706e811eb76379492a0897b9bcb660d2f97'),
	('f01858410', 'f1rjt3txorrgbzo2g7lfh5uua2avbfzexeq4essai', 'Allocators/rec5ed92a50639038.json', '{
  "application_number": 1002,
  "address": "f1rjt3txorrgbzo2g7lfh5uua2avbfzexeq4essai",
  "name": "Allocator 2",
  "allocator_id": "f01858410",
  "organization": "Organisation 2",
  "metapathway_type": "RKH",
  "pathway_addresses": {
    "msig": "f1rjt3txorrgbzo2g7lfh5uua2avbfzexeq4essai",
    "signers": []
  },
  "application": {
    "audit": [
      "Enterprise Data"
    ],
    "distribution": [],
    "data_types": [
      "Public Open Dataset (Research/Non-Profit)"
    ],
    "tranche_schedule": "I will use the standard Allocation Tranche Schedule",
    "required_sps": "5",
    "required_replicas": "8",
    "allocation_bookkeeping": "https://github.com/simulated-allocators/Allocator-2/"
  },
  "history": {
    "Approved": "2025-08-04T08:00:00.000Z",
    "Declined": ""
  },
  "audits": [
    {
      "started": "2025-07-17T08:00:00.000Z",
      "ended": "2025-08-05T08:00:00.000Z",
      "dc_allocated": "2025-08-07T05:36:00.000Z",
      "outcome": "GRANTED",
      "datacap_amount": "5"
    },
    {
      "started": "2025-11-04T08:00:00.000Z",
      "ended": "2025-11-23T08:00:00.000Z",
      "dc_allocated": "2025-11-25T05:36:00.000Z",
      "outcome": "THROTTLED",
      "datacap_amount": 2.5
    }
  ],
  "old_allocator_id": ""
}', false, 'enterprise', NULL, 'RKH', '{"Enterprise Data"}', '{"Public Open Dataset (Research/Non-Profit)"}', '5', '8', 'I will use the standard Allocation Tranche Schedule', 'simulated-allocators/Allocator-2', '[{"ended": "2025-08-05T08:00:00.000Z", "outcome": "notAudited", "started": "2025-07-17T08:00:00.000Z", "dc_allocated": "2025-08-07T05:36:00.000Z", "datacap_amount_pib": 5}, {"ended": "2025-11-23T08:00:00.000Z", "outcome": "passedConditionally", "started": "2025-11-04T08:00:00.000Z", "dc_allocated": "2025-11-25T05:36:00.000Z", "datacap_amount_pib": 2.5}]', '2025-08-05 08:00:00', '2025-08-04 08:00:00', '70d69334087268f6ea25b0ae22b7e71e78c4922d');

INSERT INTO filplus.allocator_report OVERRIDING SYSTEM VALUE VALUES
	('56ed997a-f7c7-57e9-94d3-a829a53d8bcc', '2026-08-14 12:00:00', 'f0121877', 'f2yoxry2mw7xu4lbhijzofp3v73mnn6rzqhjmf2wa', 'Allocator 1', true, 9, NULL, NULL, NULL, NULL, '{"Public Open Dataset (Research/Non-Profit)"}', '{Automated}', '5', '5', NULL, 'enterprise', false, '2025-08-04 08:00:00', '2026-08-14', 1, '2', 'c141cc0069939b6b295d16fec69ef2bcff0c66bac6dc5a4f7ce4538f22dbc954', '{"raw_dmob/verifier": 1, "filplus/cid_sharing": 1, "raw_lotus/client_status": 1, "filplus/provider_ip_info": 1, "raw_dmob/client_contract": 1, "raw_dmob/verified_client": 1, "filplus/allocator_registry": 1, "governance/input_overrides": 0, "filplus/client_claims_hourly": 6, "filplus/provider_ipni_reporting": 1, "raw_url_finder/client_working_url": 34, "raw_dmob/verified_client_allowance": 1, "filplus/client_replica_distribution": 1, "filplus/allocator_client_bookkeeping": 1, "filplus/client_provider_distribution": 1, "filplus/storage_provider_url_finder_metric": 1, "filplus/storage_provider_url_finder_metric_value": 34}', '[]', 1),
	('ba92ab2c-9523-5a43-9a9b-d422203a434e', '2026-08-14 12:00:00', 'f01858410', 'f1rjt3txorrgbzo2g7lfh5uua2avbfzexeq4essai', 'Allocator 2', false, 14, 7478072.5, NULL, NULL, 0.43090897435897435, '{"Public Open Dataset (Research/Non-Profit)"}', '{"Enterprise Data"}', '8', '5', NULL, 'enterprise', false, '2025-08-05 08:00:00', '2026-08-14', 1, '2', 'd4e777a8ff43a2fed58750f6948c6ba1f96b349c88a4aa5786005b6938f613b5', '{"raw_dmob/verifier": 1, "filplus/cid_sharing": 1, "raw_lotus/client_status": 1, "filplus/provider_ip_info": 1, "raw_dmob/client_contract": 1, "raw_dmob/verified_client": 1, "filplus/allocator_registry": 1, "governance/input_overrides": 0, "filplus/client_claims_hourly": 6, "filplus/provider_ipni_reporting": 1, "raw_url_finder/client_working_url": 34, "raw_dmob/verified_client_allowance": 1, "filplus/client_replica_distribution": 1, "filplus/allocator_client_bookkeeping": 1, "filplus/client_provider_distribution": 1, "filplus/storage_provider_url_finder_metric": 1, "filplus/storage_provider_url_finder_metric_value": 34}', '[]', 2);

INSERT INTO filplus.allocator_report_check_result VALUES
	(DEFAULT, '56ed997a-f7c7-57e9-94d3-a829a53d8bcc', '2026-08-14 12:00:00', 'CLIENT_MULTIPLE_ALLOCATORS', 'Clients with multiple allocators', 'No client receives datacap from several allocators, Glif''s not counted.', true, '{"msg": "No clients receiving datacap from more than one allocator", "violating_ids": [], "max_clients_using_multiple_allocators_count": 0}'),
	(DEFAULT, '56ed997a-f7c7-57e9-94d3-a829a53d8bcc', '2026-08-14 12:00:00', 'CLIENT_NOT_ENOUGH_COPIES', 'Clients with not enough copies', 'No client keeps more than 34 % of its data in fewer copies than required.', true, '{"msg": "No clients with not enough copies", "violating_ids": [], "max_clients_with_not_enough_copies": 0, "max_percentage_for_required_copies": 34}');

INSERT INTO filplus.allocator_report_client VALUES
	('56ed997a-f7c7-57e9-94d3-a829a53d8bcc', 'f03100427', 'Client organisation 61', '{f0121877}', 1, 34359738368, NULL, NULL, false, NULL, NULL, 0, NULL, '2026-08-03 23:42:00'),
	('56ed997a-f7c7-57e9-94d3-a829a53d8bcc', 'f03100434', 'Client organisation 62', '{f0121877,f0500052}', 1, 34359738368, NULL, NULL, false, NULL, NULL, 0, NULL, '2024-07-22 00:59:00');

INSERT INTO filplus.allocator_report_client_allocation VALUES
	('56ed997a-f7c7-57e9-94d3-a829a53d8bcc', 'f03100427', 1, 34359738368, '2026-08-03 23:42:00'),
	('56ed997a-f7c7-57e9-94d3-a829a53d8bcc', 'f03100434', 1, 34359738368, '2024-07-22 00:59:00');

INSERT INTO filplus.allocator_report_client_cid_sharing VALUES
	('bf6dbd40-17c8-523f-94ea-f0c835ab7c8d', 'f03100140', 'f03100056', 34359738368, 1, 'https://applications.example/4/issues/8'),
	('14894266-ef3b-5978-a85b-43c9b1ee2474', 'f03100056', 'f03100140', 34359738368, 1, 'https://applications.example/3/issues/20');

INSERT INTO filplus.allocator_report_client_replica_distribution VALUES
	('ba92ab2c-9523-5a43-9a9b-d422203a434e', 'f03100021', 1, 653371899904, 653371899904, 44.2),
	('ba92ab2c-9523-5a43-9a9b-d422203a434e', 'f03100021', 3, 206158430208, 68719476736, 13.94);

INSERT INTO filplus.allocator_report_scoring_result VALUES
	('3be10fa2-0ceb-5e85-bd61-cafec0c077da', '56ed997a-f7c7-57e9-94d3-a829a53d8bcc', '2026-08-14 12:00:00', 6, 'CID_SHARING', 'CID sharing', 'Data that the allocator''s clients share with other clients, as a share of what was allocated to them.', 0, NULL, '%', 0, 100, '{"Weighted data shared with other clients: 0.00 B","Weighted allocations: 0.00 B","CID sharing: 0.00%","Points if >= 0.00% and <= 0.00%: 2","Points if <= 2.00%: 1","Points if otherwise: 0","Weight for open data: 3","Weight for enterprise: 3","Type of allocator: Enterprise"}'),
	('e378e6a0-cc33-55fd-8333-8eb0ce3a1ebd', '56ed997a-f7c7-57e9-94d3-a829a53d8bcc', '2026-08-14 12:00:00', 4, 'DUPLICATED_DATA', 'Duplicated data', 'Share of the data that a provider holds more than once for the same client.', 0, NULL, '%', 0, 100, '{"Duplicated data: 0.00 B","Data of all providers: 0.00 B","Duplicated data: 0.00%","Points if <= 0.25%: 2","Points if <= 5.00%: 1","Points if otherwise: 0","Weight for open data: 2","Weight for enterprise: 2","Type of allocator: Enterprise"}');

INSERT INTO filplus.allocator_report_scoring_result_range VALUES
	('0e4496bd-9ed2-59c3-834b-b0229dcfe220', '3be10fa2-0ceb-5e85-bd61-cafec0c077da', 0, 0, 6),
	('591329a8-37a8-5d30-a718-a6de2c293b46', '3be10fa2-0ceb-5e85-bd61-cafec0c077da', 0, 2, 3);

INSERT INTO filplus.allocator_report_storage_provider_distribution VALUES
	('ba92ab2c-9523-5a43-9a9b-d422203a434e', 'f03100021', 'f01000011', 687731638272, 687731638272, NULL, NULL, 0.0083, 0.0081, 0.9919, 194.02, 352.07, 'OK', 4998, 95, 5.78),
	('ba92ab2c-9523-5a43-9a9b-d422203a434e', 'f03100021', 'f01000033', 68719476736, 68719476736, NULL, NULL, 0.9716, 0.9425, 0.0575, 275.13, 595.39, 'OK', 5000, 53, 0.57);

INSERT INTO filplus.allocator_report_storage_provider_distribution_location VALUES
	('ba92ab2c-9523-5a43-9a9b-d422203a434e', 'f01000011', '85.3.205.88', 'Hong Kong', 'Hong Kong', 'HK', '22.2783,114.1747', 'AS64500 Example', '0', 'UTC', NULL),
	('ba92ab2c-9523-5a43-9a9b-d422203a434e', 'f01000055', '85.64.231.87', 'Beijing', 'Beijing', 'CN', '39.9149,116.4039', 'AS64500 Example', '0', 'UTC', NULL);

INSERT INTO filplus.allocator_score_explained VALUES
	('56ed997a-f7c7-57e9-94d3-a829a53d8bcc', 'f0121877', '2026-08-14', 'enterprise', 'IPNI_REPORTING', 'excluded', 0, 0, 0, 50, 0, 0, 0, 0, NULL, '{}', '{"raw_dmob/verifier": 1, "filplus/cid_sharing": 1, "raw_lotus/client_status": 1, "filplus/provider_ip_info": 1, "raw_dmob/client_contract": 1, "raw_dmob/verified_client": 1, "filplus/allocator_registry": 1, "governance/input_overrides": 0, "filplus/client_claims_hourly": 6, "filplus/provider_ipni_reporting": 1, "raw_url_finder/client_working_url": 34, "raw_dmob/verified_client_allowance": 1, "filplus/client_replica_distribution": 1, "filplus/allocator_client_bookkeeping": 1, "filplus/client_provider_distribution": 1, "filplus/storage_provider_url_finder_metric": 1, "filplus/storage_provider_url_finder_metric_value": 34}', 1, '2'),
	('56ed997a-f7c7-57e9-94d3-a829a53d8bcc', 'f0121877', '2026-08-14', 'enterprise', 'URL_FINDER_RETRIEVABILITY', 'excluded', 0, 0, 0, 28.064, 0, 0, 0, 0, 34.81, '{0,0.2724111111111111,0.28064,0.31344444444444447,0.43090897435897435,0.4315333333333333,0.45936617647058825,0.4673695652173913,0.47711803278688525}', '{"raw_dmob/verifier": 1, "filplus/cid_sharing": 1, "raw_lotus/client_status": 1, "filplus/provider_ip_info": 1, "raw_dmob/client_contract": 1, "raw_dmob/verified_client": 1, "filplus/allocator_registry": 1, "governance/input_overrides": 0, "filplus/client_claims_hourly": 6, "filplus/provider_ipni_reporting": 1, "raw_url_finder/client_working_url": 34, "raw_dmob/verified_client_allowance": 1, "filplus/client_replica_distribution": 1, "filplus/allocator_client_bookkeeping": 1, "filplus/client_provider_distribution": 1, "filplus/storage_provider_url_finder_metric": 1, "filplus/storage_provider_url_finder_metric_value": 34}', 1, '2');

INSERT INTO filplus.allocator_score_weekly VALUES
	('2026-08-10 00:00:00', '2026-08-01 00:00:00', 'f0121877', 'CID_SHARING', '56ed997a-f7c7-57e9-94d3-a829a53d8bcc', '2026-08-14 12:00:00', 'enterprise', 6, 6, 100.0000000000000000, 'high', 1),
	('2026-08-10 00:00:00', '2026-08-01 00:00:00', 'f0121877', 'CLIENT_DIVERSITY', '56ed997a-f7c7-57e9-94d3-a829a53d8bcc', '2026-08-14 12:00:00', 'enterprise', 4, 4, 100.0000000000000000, 'high', 1);

INSERT INTO filplus.allocator_sps_compliance_weekly VALUES
	('2026-07-06 00:00:00', 'f0121877', 'all', false, false, false, 68719476736, 0, 0, 0, 0, 1),
	('2026-07-06 00:00:00', 'f0121877', 'all', false, false, true, 68719476736, 0, 0, 0, 0, 1);

INSERT INTO filplus.allocators_weekly VALUES
	('2026-07-06 00:00:00', 'f0500039', 1, 2061584302080, 2061584302080, NULL, NULL, 0.5896833333333333),
	('2026-07-06 00:00:00', 'f0500052', 2, 139741055942656, 139775415681024, NULL, NULL, 0.17158);

INSERT INTO filplus.allocators_weekly_acc VALUES
	('2026-07-06 00:00:00', 'f0121877', 2, 34359738368, 68719476736, NULL, NULL, 0),
	('2026-07-06 00:00:00', 'f01858410', 3, 173310520328192, 173379239804928, NULL, NULL, 0.24959384615384617);

INSERT INTO filplus.cid_sharing VALUES
	('f03100056', 'f03100140', 34359738368, 1),
	('f03100140', 'f03100056', 34359738368, 1);

INSERT INTO filplus.client_allocator_distribution_weekly VALUES
	('2026-07-06 00:00:00', 'f03100119', 'f0500052', 1, 34359738368),
	('2026-07-06 00:00:00', 'f03100147', 'f0500065', 1, 34359738368);

INSERT INTO filplus.client_allocator_distribution_weekly_acc VALUES
	('2026-07-06 00:00:00', 'f03100007', 'f0500039', 1, 577243604582400),
	('2026-07-06 00:00:00', 'f03100014', 'f0500065', 1, 652835028992);

INSERT INTO filplus.client_claims_hourly VALUES
	('2026-07-06 00:00:00', 'f03100098', 34359738368),
	('2026-07-06 00:00:00', 'f03100161', 34359738368);

INSERT INTO filplus.client_provider_distribution VALUES
	('f03100007', 'f01000055', 68719476736, 68719476736, 2),
	('f03100007', 'f01000330', 68719476736, 68719476736, 2);

INSERT INTO filplus.client_provider_distribution_weekly VALUES
	('2026-07-06 00:00:00', 'f03100007', 'f01000055', 34359738368, 34359738368),
	('2026-07-06 00:00:00', 'f03100021', 'f01000011', 137438953472, 137438953472);

INSERT INTO filplus.client_provider_distribution_weekly_acc VALUES
	('2026-07-06 00:00:00', 'f03100007', 'f01000055', 34359738368, 34359738368),
	('2026-07-06 00:00:00', 'f03100021', 'f01000011', 137438953472, 137438953472);

INSERT INTO filplus.client_replica_distribution VALUES
	('f03100007', 2, 137438953472, 68719476736),
	('f03100014', 1, 68719476736, 68719476736);

INSERT INTO filplus.client_report VALUES
	(1, '01353548-52c4-51d0-8a85-df278f1ed2c6', '2026-08-14 12:00:00', 'f03100014', 'f16f4brjpsz2z6wcipbr5g4attrwkcrhbkixm7biy', '{f0500065}', 62800440, 'Client 2', 'https://applications.example/5/issues/2', true, false, NULL, '{f01000330}', 2316894253818414, '2026-08-01 00:00:00', '2024-07-21 09:26:00', 4, 10, '2', '2', 2199023255552, 1099511627776, 68719476736, '2026-08-14', 1, '2', 'de1ac6d7af50f02223f60cfb8962a2a48c9e09f613682ae2b7f608d2bc73c5aa', '[]'),
	(2, '3ed00f23-7e29-5db4-b2a0-fb2aead47aa7', '2026-08-14 12:00:00', 'f03100021', 'f1ls4lnuxsbm3guxi4pokwjsecbfnkqkdt2ugffbi', '{f01858410}', 25131900, 'Client 3', 'https://applications.example/2/issues/3', false, false, NULL, '{f01000011,f01000033,f01000165,f01000209,f01000220,f01000242,f01000308,f01000363,f01000374,f01000396,f01000407,f01000418,f01000473}', 3389324406497616, '2026-08-13 10:00:00', '2025-09-18 11:55:00', 4, 10, '8', '5', 67070209294336, 8796093022208, 859530330112, '2026-08-14', 1, '2', '044f6a994afe1c033591f7cfac2c4f20f6a90daed3420ed85b153857a54575aa', '[]');

INSERT INTO filplus.client_report_check_result VALUES
	(DEFAULT, 1, '2026-08-14 12:00:00', 'MULTIPLE_ALLOCATORS', true, '{"msg": "Client receives datacap from 1 allocator", "allocators_count": 1, "max_allocators_count": 1}'),
	(DEFAULT, 1, '2026-08-14 12:00:00', 'INACTIVITY', true, '{"msg": "Client is active", "available_datacap": "2316894253818414", "inactivity_period_days": 60, "time_since_last_datacap_days": "754.11"}');

INSERT INTO filplus.client_report_cid_sharing VALUES
	(7, 'f03100140', 34359738368, 1, 'https://applications.example/3/issues/20');

INSERT INTO filplus.client_report_replica_distribution VALUES
	(1, 1, 68719476736, 68719476736, 100),
	(2, 1, 653371899904, 653371899904, 44.2);

INSERT INTO filplus.client_report_storage_provider_distribution VALUES
	(1, 'f01000330', 68719476736, 68719476736, NULL, NULL, 0.0066, 0.0064, 0.9936, 374.78, 894.34, 'OK', 5000, 38, true, 'http://f01000330.provider.example/piece'),
	(2, 'f01000011', 687731638272, 687731638272, NULL, NULL, 0.0083, 0.0081, 0.9919, 194.02, 352.07, 'OK', 4998, 95, true, 'http://f01000011.provider.example/piece');

INSERT INTO filplus.client_report_storage_provider_distribution_location VALUES
	(2, 'f01000011', '85.3.205.88', 'Hong Kong', 'Hong Kong', 'HK', '22.2783,114.1747', 'AS64500 Example', '0', 'UTC', NULL),
	(2, 'f01000165', '183.78.1.229', 'Beijing', 'Beijing', 'CN', '39.9149,116.4039', 'AS64500 Example', '0', 'UTC', NULL);

INSERT INTO filplus.clients_stats_daily VALUES
	('2026-08-14 00:00:00', 43, 43, 15481511033704152);

INSERT INTO filplus.compliance_alerts VALUES
	('client', 'f03100315', 'MULTIPLE_ALLOCATORS', '2026-08-14 12:00:00', 'Client receives datacap from 2 allocators', 'at most 1 allocator, f0121877 not counted', 'select * from filplus.client_report_check_result where client_report_id = ''32'' and "check" = ''MULTIPLE_ALLOCATORS'''),
	('client', 'f03100133', 'MULTIPLE_ALLOCATORS', '2026-08-14 12:00:00', 'Client receives datacap from 2 allocators', 'at most 1 allocator, f0121877 not counted', 'select * from filplus.client_report_check_result where client_report_id = ''15'' and "check" = ''MULTIPLE_ALLOCATORS''');

INSERT INTO filplus.compliance_histogram_weekly VALUES
	('2026-07-06 00:00:00', 'allocators', 'biggest_client_share', 'all', 0, 5, 0, 0, 9, false),
	('2026-07-06 00:00:00', 'allocators', 'biggest_client_share', 'all', 5, 10, 0, 0, 9, false);

INSERT INTO filplus.edition5_audit_states VALUES
	('f0500013', 0, 'A f0500013', NULL, NULL, NULL, 'passed', 1.25),
	('f0500013', 1, 'A f0500013', NULL, NULL, NULL, 'failed', 3.25);

INSERT INTO filplus.edition5_audit_times VALUES
	('conversation', 1, 864000),
	('conversation', 2, 1468800);

INSERT INTO filplus.edition5_monthly_outcomes VALUES
	('2024-03-01', 'failed', 3, 7.5),
	('2024-03-01', 'passed', 5, 12.5);

INSERT INTO filplus.edition5_pathways VALUES
	('f0500013', 'Market-based', 'Market-based'),
	('f0500026', 'Automatic', 'Automatic');

INSERT INTO filplus.ipni_publisher_advertisement VALUES
	('baguqeerazbfb3ccw2wpmqsf6h4bh3zaxfallcaip6obzrf2ijv5pqyydbhvq', 'baguqeerauc3f6x3ciw3kuvddabvsiqppwhwrtsv4skzfmvfvlzodcvboo4ia', '12D3KooWA3AxEDgR1cbyKucQBfXTXwvqLy8Gw1amD5ADE18k3Dyq', 'ERvT5vOI6W8', 0, true),
	('baguqeera2ysuhrlvi2gflzhy5yai2pf67as2c64uvcdgc24lpvm6sbayocma', 'baguqeeraiwkx3g4kxueupoufososp5kpdo7hgmatusvw2utixo6i2i36snva', '12D3KooWA3AxEDgR1cbyKucQBfXTXwvqLy8Gw1amD5ADE18k3Dyq', 'KlPcWThEdnA', 833, false);

INSERT INTO filplus.ipni_reporting_daily VALUES
	('2026-08-14 00:00:00', 33, 11, 1, 45);

INSERT INTO filplus.old_datacap_balance_weekly VALUES
	('2026-07-06 00:00:00', 'f0121877', 109745004347392, 0),
	('2026-07-06 00:00:00', 'f01858410', 2511217556350566, 0);

INSERT INTO filplus.old_datacap_client_balance_weekly VALUES
	('2026-07-06 00:00:00', 'f03100021', 32916629356544, 171798691840),
	('2026-07-06 00:00:00', 'f03100063', 0, 34359738368);

INSERT INTO filplus.provider_filscan_info VALUES
	('2026-08-14 00:00:00', 'f01000011', 'f01000011', 142668000000000000000000, 14266800000000000000000, 114134400000000000000000, 0, 14266800000000000000007, 173118105793331200, 446, 0.015745, 17311810579333120, 3457, 745, 5248333333333333333333, 34359738368, 503840, 503837, 2, 1, 503835, 3),
	('2026-08-14 00:00:00', 'f01000022', 'f01000022', 214096000000000000000000, 21409600000000000000000, 171276800000000000000000, 0, 21409600000000000000007, 165927299747676160, 692, 0.015091, 16592729974767616, 2803, 91, 5030333333333333333333, 34359738368, 482912, 482909, 2, 1, 482907, 3);

INSERT INTO filplus.provider_ip_info VALUES
	('f01000011', '2026-08-14 12:00:00', '22.2783', '114.1747', 'HK', 'Hong Kong', 'Hong Kong', '85.3.205.88', 'AS64500 Example', '0', 'UTC'),
	('f01000022', '2026-08-14 12:00:00', '37.5660', '126.9784', 'KR', 'Seoul', 'Seoul', '212.0.165.105', 'AS64500 Example', '0', 'UTC');

INSERT INTO filplus.provider_ipni_reporting VALUES
	('f01000088', 'OK', 5000, 14, '12D3KooWHoNV41gL3JX8FbroF2SU54WQh1KSHuXKkHf28GSgSr9N', '2026-08-14 12:00:00'),
	('f01000297', 'OK', 5000, 19, '12D3KooWQbdeez5aDKjW8S9yBmX8sFeadsaPeUxrBH8tpSrfXYxM', '2026-08-14 12:00:00');

INSERT INTO filplus.provider_retrievability_daily VALUES
	('2026-07-06 00:00:00', 'f01000011', 993, 372, 0.37462235649546827, 186, 0.18731117824773413),
	('2026-07-06 00:00:00', 'f01000022', 746, 435, 0.5831099195710456, 217, 0.29088471849865954);

INSERT INTO filplus.provider_url_finder_retrievability_daily VALUES
	('2026-07-12 00:00:00', 'f01000011', 0.0085),
	('2026-07-12 00:00:00', 'f01000022', 0.8768);

INSERT INTO filplus.providers_weekly VALUES
	('2026-07-06 00:00:00', 'f01000011', 10, 279172874240, 760209211392, 0.57619816908993, 0.2879195835577096, 0.0085),
	('2026-07-06 00:00:00', 'f01000022', 2, 515396075520, 549755813888, 0.5798978475009121, 0.28967530098504196, 0.8768);

INSERT INTO filplus.providers_weekly_acc VALUES
	('2026-07-06 00:00:00', 'f01000011', 10, 279172874240, 760209211392, 0.57619816908993, 0.2879195835577096, 0.0085),
	('2026-07-06 00:00:00', 'f01000022', 2, 515396075520, 549755813888, 0.5798978475009121, 0.28967530098504196, 0.8768);

INSERT INTO filplus.retrievability_average_weekly VALUES
	('2026-07-06 00:00:00', 'all', 42, 0.45364761904761904762),
	('2026-07-06 00:00:00', 'open_data', 41, 0.45080000000000000000);

INSERT INTO filplus.storage_provider_compliance_weekly VALUES
	('2026-07-06 00:00:00', 'f01000011', 10, 279172874240, 760209211392, 0.0085, true, 0.4508, 0.453647619047619, false, false, true, false, 'partiallyCompliant', 'partiallyCompliant', 1, true),
	('2026-07-06 00:00:00', 'f01000022', 2, 515396075520, 549755813888, 0.8768, true, 0.4508, 0.453647619047619, true, true, false, false, 'partiallyCompliant', 'partiallyCompliant', 1, true);

INSERT INTO filplus.storage_provider_url_finder_daily_snapshot VALUES
	('4e005837-8661-570f-8b9f-20baafddaeae', 'f01000011', '2026-07-12 00:00:00', '2026-07-12 00:08:14', 'SUCCESS'),
	('f23e52de-38ff-54fd-9763-f3d84c4ba039', 'f01000022', '2026-07-12 00:00:00', '2026-07-12 00:40:53', 'SUCCESS');

INSERT INTO filplus.storage_provider_url_finder_metric VALUES
	('74943664-330c-5faf-a58d-d492295f005d', 'TTFB', 'Time to first byte', 'Time until the first byte of a file arrives.', 'ms'),
	('ff5a43d2-2d94-5c85-ae80-4b8726a4d280', 'RPA_RETRIEVABILITY', 'RPA retrievability', 'Share of tested files that the provider serves over HTTP.', '%');

INSERT INTO filplus.storage_provider_url_finder_metric_value VALUES
	('370872fd-a0f4-5d8d-889d-95f71d5c1b9b', 'f01000011', 'ff5a43d2-2d94-5c85-ae80-4b8726a4d280', '4e005837-8661-570f-8b9f-20baafddaeae', 0.0085, '2026-07-12 00:08:14'),
	('9b997a4e-fcf1-572b-b188-4860b5973395', 'f01000011', '3ce2ee9a-3f8a-5b3f-b7da-0de3638283e8', '4e005837-8661-570f-8b9f-20baafddaeae', 0.0082, '2026-07-12 00:08:14');

INSERT INTO filplus.unified_verified_deal_hourly VALUES
	('2026-07-06 00:00:00', 'f03100098', 'f01000011', 1, 1, 34359738368, 34359738368),
	('2026-07-06 00:00:00', 'f03100161', 'f01000110', 1, 1, 34359738368, 34359738368);

INSERT INTO intermediate.client_piece VALUES
	(3424225725729265, 3100189, 1, 34359738368, 34359738368),
	(4211689277637630, 3100189, 1, 34359738368, 34359738368);

INSERT INTO intermediate.client_provider_block VALUES
	(0, 3100175, 1000066, 2, 2, 68719476736, 0, 6229802, 6217019),
	(0, 3100189, 1000011, 10, 8, 274877906944, 0, 6260249, 6179710);

INSERT INTO intermediate.client_provider_claims_weekly_acc VALUES
	('2026-07-06 00:00:00', 3100007, 1000055, 1),
	('2026-07-06 00:00:00', 3100021, 1000011, 3);

INSERT INTO intermediate.client_provider_piece_weekly VALUES
	('2026-07-06 00:00:00', 3100007, 1000055, 1995502789048276751, 34359738368, 34359738368, 34359738368, 1),
	('2026-07-20 00:00:00', 3100007, 1000330, 1995502789048276751, 34359738368, 34359738368, 34359738368, 1);

INSERT INTO intermediate.client_provider_totals VALUES
	(3100021, 1000011, 20, 18, 619012161536, 0, 6277014, 6172736),
	(3100070, 1000011, 2, 2, 68719476736, 0, 6269923, 6204714);

INSERT INTO ops.asset_catalog VALUES
	('filplus/allocator', 'One row per allocator that the source knows, removed ones included (compliance §3.15). Rewritten where the source changed; rows without an id cannot be placed and are left out.', 'filplus-data@example.org', 'filplus_entities', 'mart', 'snapshot', 7200, '6981d0b5fade'),
	('filplus/allocator_client_bookkeeping', 'One row per allocator and client: the client''s application in the allocator''s repository on GitHub. Read for allocators of the registry without a failed audit; a row whose file vanished stays and says since when. What cannot be read is listed in ops.registry_issues. Null means that the application does not say it, or not as a size.', 'filplus-data@example.org', 'filplus_sources', 'landing', 'hourly', 7200, '1');

INSERT INTO ops.asset_partition_status VALUES
	('intermediate/client_provider_totals', '', NULL, NULL, 'MATERIALIZED', false, 375, 1, '{"raw_dmob/unified_verified_deal": 1}', '2026-08-14 12:00:00+00', '1', 'd4065a15-65aa-441d-a772-67de971b5e55', '2026-11-30 00:04:23.989355+00', NULL, NULL, NULL),
	('staging/solana_mainnet/staging_fees', '1000', NULL, NULL, 'MATERIALIZED', true, 6, 1, '{"validators/solana_mainnet/canonical_periods": 1}', '2026-08-09 02:00:00+00', '1', 'ad8c9e62-2b7c-4692-8f50-8b4c1c74695b', '2026-11-30 00:01:17.52564+00', NULL, NULL, NULL);

INSERT INTO ops.asset_version VALUES
	('raw_dmob/dc_allocation_claim', 1, '2026-11-30 00:00:48.41537+00', '2a73112e-6cde-4e64-b2e1-a05a1aa9b3fc'),
	('raw_dmob/unique_providers', 1, '2026-11-30 00:00:48.499268+00', '2a73112e-6cde-4e64-b2e1-a05a1aa9b3fc');

INSERT INTO ops.column_lineage VALUES
	('filplus/allocator', 'id', 'raw_dmob/verifier', 'address_id'),
	('filplus/allocator', 'address', 'raw_dmob/verifier', 'address'),
	('filplus/allocator', 'name', 'raw_dmob/verifier', 'name'),
	('filplus/allocator', 'is_virtual', 'raw_dmob/verifier', 'is_virtual'),
	('filplus/allocator', 'is_metaallocator', 'raw_dmob/verifier', 'is_meta_allocator'),
	('filplus/client_allocator_distribution_weekly', 'week', 'raw_dmob/verified_client_allowance', 'height'),
	('filplus/client_allocator_distribution_weekly', 'client', 'raw_dmob/verified_client_allowance', 'address_id'),
	('filplus/client_allocator_distribution_weekly', 'allocator', 'raw_dmob/verified_client_allowance', 'verifier_address_id'),
	('filplus/client_allocator_distribution_weekly', 'sum_of_allocations', 'raw_dmob/verified_client_allowance', 'allowance'),
	('filplus/client_allocator_distribution_weekly_acc', 'client', 'raw_dmob/verified_client_allowance', 'address_id'),
	('filplus/client_allocator_distribution_weekly_acc', 'allocator', 'raw_dmob/verified_client_allowance', 'verifier_address_id'),
	('filplus/client_allocator_distribution_weekly_acc', 'sum_of_allocations', 'raw_dmob/verified_client_allowance', 'allowance'),
	('filplus/client_datacap_allocation', 'id', 'raw_dmob/verified_client_allowance', 'id'),
	('filplus/client_datacap_allocation', 'client_id', 'raw_dmob/verified_client_allowance', 'address_id'),
	('filplus/client_datacap_allocation', 'allocator_id', 'raw_dmob/verified_client_allowance', 'verifier_address_id'),
	('filplus/client_datacap_allocation', 'allocation', 'raw_dmob/verified_client_allowance', 'allowance'),
	('filplus/client_datacap_allocation', 'timestamp', 'raw_dmob/verified_client_allowance', 'height'),
	('filplus/old_datacap_balance_nv22', 'allocator', 'raw_dmob/verifier_allowance', 'address_id'),
	('filplus/old_datacap_balance_nv22', 'old_dc_balance', 'raw_dmob/verified_client_allowance', 'allowance'),
	('filplus/old_datacap_balance_nv22', 'old_dc_balance', 'raw_dmob/verifier_allowance', 'allowance'),
	('filplus/old_datacap_client_balance_nv22', 'client', 'raw_dmob/verified_client_allowance', 'address_id'),
	('filplus/old_datacap_client_balance_nv22', 'old_dc_balance', 'intermediate/client_provider_totals', 'size_before_start'),
	('filplus/old_datacap_client_balance_nv22', 'old_dc_balance', 'raw_dmob/verified_client_allowance', 'allowance'),
	('filplus/provider', 'id', 'raw_dmob/unique_providers', 'provider_id'),
	('filplus/provider', 'num_of_deals', 'intermediate/client_provider_totals', 'num_of_deals'),
	('filplus/provider', 'total_deal_size', 'intermediate/client_provider_totals', 'total_deal_size'),
	('filplus/provider', 'num_of_clients', 'intermediate/client_provider_totals', 'client_id'),
	('filplus/provider', 'last_deal_height', 'intermediate/client_provider_totals', 'last_deal_height'),
	('filplus/provider', 'first_deal_height', 'intermediate/client_provider_totals', 'first_deal_height'),
	('filplus/provider_url_finder_retrievability_daily', 'date', 'raw_url_finder/provider_retrievability', 'day'),
	('filplus/provider_url_finder_retrievability_daily', 'provider', 'raw_url_finder/provider_retrievability', 'provider'),
	('filplus/provider_url_finder_retrievability_daily', 'success_rate', 'raw_url_finder/provider_retrievability', 'retrievability_percent'),
	('filplus/unified_verified_deal_hourly', 'hour', 'raw_dmob/unified_verified_deal', 'started_at'),
	('filplus/unified_verified_deal_hourly', 'client', 'raw_dmob/unified_verified_deal', 'client_id'),
	('filplus/unified_verified_deal_hourly', 'provider', 'raw_dmob/unified_verified_deal', 'provider_id'),
	('filplus/unified_verified_deal_hourly', 'num_of_ddo_claims', 'raw_dmob/unified_verified_deal', 'deal_id'),
	('filplus/unified_verified_deal_hourly', 'total_deal_size', 'raw_dmob/unified_verified_deal', 'piece_size'),
	('filplus/unified_verified_deal_hourly', 'total_ddo_deal_size', 'raw_dmob/unified_verified_deal', 'deal_id'),
	('filplus/unified_verified_deal_hourly', 'total_ddo_deal_size', 'raw_dmob/unified_verified_deal', 'piece_size'),
	('filplus/client_claims_hourly', 'hour', 'filplus/unified_verified_deal_hourly', 'hour'),
	('filplus/client_claims_hourly', 'client', 'filplus/unified_verified_deal_hourly', 'client'),
	('filplus/client_claims_hourly', 'total_deal_size', 'filplus/unified_verified_deal_hourly', 'total_deal_size'),
	('intermediate/client_provider_piece_weekly', 'week', 'raw_dmob/unified_verified_deal', 'started_at'),
	('intermediate/client_provider_piece_weekly', 'client_id', 'raw_dmob/unified_verified_deal', 'client_id'),
	('intermediate/client_provider_piece_weekly', 'provider_id', 'raw_dmob/unified_verified_deal', 'provider_id'),
	('intermediate/client_provider_piece_weekly', 'piece_id', 'raw_dmob/unified_verified_deal', 'piece_id'),
	('intermediate/client_provider_piece_weekly', 'total_deal_size', 'raw_dmob/unified_verified_deal', 'piece_size'),
	('intermediate/client_provider_piece_weekly', 'unique_data_size', 'raw_dmob/unified_verified_deal', 'piece_size'),
	('intermediate/client_provider_piece_weekly', 'largest_piece_size', 'raw_dmob/unified_verified_deal', 'piece_size'),
	('filplus/provider_first_client', 'provider', 'filplus/unified_verified_deal_hourly', 'provider');
INSERT INTO ops.column_lineage VALUES
	('filplus/provider_first_client', 'first_client', 'filplus/unified_verified_deal_hourly', 'provider'),
	('filplus/client', 'id', 'raw_dmob/verified_client', 'address_id'),
	('filplus/client', 'name', 'raw_dmob/verified_client', 'name'),
	('filplus/client', 'address', 'raw_dmob/verified_client', 'address'),
	('filplus/client', 'github_url', 'raw_dmob/verified_client', 'audit_trail'),
	('filplus/client', 'datacap_received', 'raw_dmob/verified_client', 'initial_allowance'),
	('filplus/client', 'datacap_remaining', 'raw_dmob/verified_client', 'allowance'),
	('filplus/client', 'datacap_used_2_weeks', 'filplus/client_claims_hourly', 'hour'),
	('filplus/client', 'datacap_used_2_weeks', 'filplus/client_claims_hourly', 'total_deal_size'),
	('filplus/client', 'datacap_used_90_days', 'filplus/client_claims_hourly', 'total_deal_size'),
	('intermediate/client_provider_claims_weekly_acc', 'client_id', 'intermediate/client_provider_piece_weekly', 'client_id'),
	('intermediate/client_provider_claims_weekly_acc', 'provider_id', 'intermediate/client_provider_piece_weekly', 'provider_id'),
	('intermediate/client_provider_claims_weekly_acc', 'num_of_claims', 'intermediate/client_provider_piece_weekly', 'client_id'),
	('intermediate/client_provider_claims_weekly_acc', 'num_of_claims', 'intermediate/client_provider_piece_weekly', 'num_of_claims'),
	('intermediate/client_provider_claims_weekly_acc', 'num_of_claims', 'intermediate/client_provider_piece_weekly', 'provider_id'),
	('filplus/allocator_client_stats_daily', 'allocator_id', 'filplus/allocator_registry', 'allocator_id'),
	('filplus/allocator_client_stats_daily', 'allocator_id', 'filplus/allocator_registry_archive', 'allocator_id'),
	('filplus/allocator_client_stats_daily', 'average_seconds_to_first_deal', 'filplus/client_datacap_allocation', 'client_id'),
	('filplus/allocator_client_stats_daily', 'average_seconds_to_first_deal', 'filplus/client_datacap_allocation', 'timestamp'),
	('filplus/client_provider_distribution_weekly', 'week', 'intermediate/client_provider_piece_weekly', 'week'),
	('filplus/client_provider_distribution_weekly', 'client', 'intermediate/client_provider_piece_weekly', 'client_id'),
	('filplus/client_provider_distribution_weekly', 'provider', 'intermediate/client_provider_piece_weekly', 'provider_id'),
	('filplus/client_provider_distribution_weekly', 'total_deal_size', 'intermediate/client_provider_piece_weekly', 'total_deal_size'),
	('filplus/client_provider_distribution_weekly', 'unique_data_size', 'intermediate/client_provider_piece_weekly', 'unique_data_size'),
	('intermediate/client_provider_repeated_piece_weekly', 'week', 'intermediate/client_provider_piece_weekly', 'week'),
	('intermediate/client_provider_repeated_piece_weekly', 'client_id', 'intermediate/client_provider_piece_weekly', 'client_id'),
	('intermediate/client_provider_repeated_piece_weekly', 'provider_id', 'intermediate/client_provider_piece_weekly', 'provider_id'),
	('intermediate/client_provider_repeated_piece_weekly', 'piece_id', 'intermediate/client_provider_piece_weekly', 'piece_id'),
	('intermediate/client_provider_repeated_piece_weekly', 'repeated_data_size', 'intermediate/client_provider_piece_weekly', 'client_id'),
	('intermediate/client_provider_repeated_piece_weekly', 'repeated_data_size', 'intermediate/client_provider_piece_weekly', 'piece_id'),
	('intermediate/client_provider_repeated_piece_weekly', 'repeated_data_size', 'intermediate/client_provider_piece_weekly', 'provider_id'),
	('intermediate/client_provider_repeated_piece_weekly', 'repeated_data_size', 'intermediate/client_provider_piece_weekly', 'unique_data_size'),
	('intermediate/client_provider_repeated_piece_weekly', 'repeated_data_size', 'intermediate/client_provider_piece_weekly', 'week'),
	('filplus/clients_stats_daily', 'clients_with_active_deals', 'raw_dmob/dc_allocation_claim', 'client_id'),
	('filplus/clients_stats_daily', 'clients_who_have_dc_and_deals', 'filplus/client', 'datacap_remaining'),
	('filplus/clients_stats_daily', 'total_remaining_clients_datacap', 'filplus/client', 'datacap_remaining'),
	('filplus/providers_weekly', 'week', 'filplus/client_provider_distribution_weekly', 'week'),
	('filplus/providers_weekly', 'provider', 'filplus/client_provider_distribution_weekly', 'provider'),
	('filplus/providers_weekly', 'biggest_client_total_deal_size', 'filplus/client_provider_distribution_weekly', 'total_deal_size'),
	('filplus/providers_weekly', 'total_deal_size', 'filplus/client_provider_distribution_weekly', 'total_deal_size'),
	('filplus/providers_weekly', 'avg_retrievability_success_rate', 'filplus/provider_retrievability_daily', 'date'),
	('filplus/providers_weekly', 'avg_retrievability_success_rate', 'filplus/provider_retrievability_daily', 'successful'),
	('filplus/providers_weekly', 'avg_retrievability_success_rate', 'filplus/provider_retrievability_daily', 'total'),
	('filplus/providers_weekly', 'avg_retrievability_success_rate_http', 'filplus/provider_retrievability_daily', 'date'),
	('filplus/providers_weekly', 'avg_retrievability_success_rate_http', 'filplus/provider_retrievability_daily', 'successful_http'),
	('filplus/providers_weekly', 'avg_retrievability_success_rate_http', 'filplus/provider_retrievability_daily', 'total'),
	('filplus/providers_weekly', 'avg_retrievability_success_rate_url_finder', 'filplus/provider_url_finder_retrievability_daily', 'success_rate'),
	('filplus/client_provider_distribution_weekly_acc', 'client', 'filplus/client_provider_distribution_weekly', 'client'),
	('filplus/client_provider_distribution_weekly_acc', 'client', 'intermediate/client_provider_piece_weekly', 'client_id'),
	('filplus/client_provider_distribution_weekly_acc', 'client', 'intermediate/client_provider_repeated_piece_weekly', 'client_id');
INSERT INTO ops.column_lineage VALUES
	('filplus/client_provider_distribution_weekly_acc', 'provider', 'filplus/client_provider_distribution_weekly', 'provider'),
	('filplus/client_provider_distribution_weekly_acc', 'provider', 'intermediate/client_provider_piece_weekly', 'provider_id'),
	('filplus/client_provider_distribution_weekly_acc', 'provider', 'intermediate/client_provider_repeated_piece_weekly', 'provider_id'),
	('filplus/client_provider_distribution_weekly_acc', 'total_deal_size', 'filplus/client_provider_distribution_weekly', 'total_deal_size'),
	('filplus/client_provider_distribution_weekly_acc', 'total_deal_size', 'intermediate/client_provider_piece_weekly', 'total_deal_size'),
	('filplus/client_provider_distribution_weekly_acc', 'unique_data_size', 'filplus/client_provider_distribution_weekly', 'unique_data_size'),
	('filplus/client_provider_distribution_weekly_acc', 'unique_data_size', 'intermediate/client_provider_piece_weekly', 'unique_data_size'),
	('filplus/client_provider_distribution_weekly_acc', 'unique_data_size', 'intermediate/client_provider_repeated_piece_weekly', 'repeated_data_size'),
	('filplus/allocators_weekly', 'week', 'filplus/client_allocator_distribution_weekly', 'week'),
	('filplus/allocators_weekly', 'allocator', 'filplus/client_allocator_distribution_weekly', 'allocator'),
	('filplus/allocators_weekly', 'biggest_client_sum_of_allocations', 'filplus/client_allocator_distribution_weekly', 'sum_of_allocations'),
	('filplus/allocators_weekly', 'total_sum_of_allocations', 'filplus/client_allocator_distribution_weekly', 'sum_of_allocations'),
	('filplus/allocators_weekly', 'avg_weighted_retrievability_success_rate_url_finder', 'filplus/client_provider_distribution_weekly', 'total_deal_size'),
	('filplus/allocators_weekly', 'avg_weighted_retrievability_success_rate_url_finder', 'filplus/providers_weekly', 'avg_retrievability_success_rate_url_finder'),
	('filplus/allocators_weekly_acc', 'week', 'filplus/client_allocator_distribution_weekly_acc', 'week'),
	('filplus/allocators_weekly_acc', 'allocator', 'filplus/client_allocator_distribution_weekly_acc', 'allocator'),
	('filplus/allocators_weekly_acc', 'biggest_client_sum_of_allocations', 'filplus/client_allocator_distribution_weekly_acc', 'sum_of_allocations'),
	('filplus/allocators_weekly_acc', 'total_sum_of_allocations', 'filplus/client_allocator_distribution_weekly_acc', 'sum_of_allocations'),
	('filplus/allocators_weekly_acc', 'avg_weighted_retrievability_success_rate_url_finder', 'filplus/client_provider_distribution_weekly_acc', 'total_deal_size'),
	('filplus/allocators_weekly_acc', 'avg_weighted_retrievability_success_rate_url_finder', 'filplus/providers_weekly', 'avg_retrievability_success_rate_url_finder'),
	('filplus/old_datacap_client_balance_weekly', 'week', 'filplus/client_allocator_distribution_weekly', 'week'),
	('filplus/old_datacap_client_balance_weekly', 'week', 'raw_dmob/verified_client_allowance', 'height'),
	('filplus/old_datacap_client_balance_weekly', 'client', 'filplus/client_allocator_distribution_weekly', 'client'),
	('filplus/old_datacap_client_balance_weekly', 'client', 'filplus/old_datacap_client_balance_nv22', 'client'),
	('filplus/old_datacap_client_balance_weekly', 'client', 'raw_dmob/verified_client_allowance', 'address_id'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'filplus/client_allocator_distribution_weekly', 'allocator'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'filplus/client_allocator_distribution_weekly', 'client'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'filplus/client_allocator_distribution_weekly', 'sum_of_allocations'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'filplus/client_allocator_distribution_weekly', 'week'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'filplus/client_provider_distribution_weekly', 'client'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'filplus/client_provider_distribution_weekly', 'total_deal_size'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'filplus/client_provider_distribution_weekly', 'week'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'filplus/client_provider_distribution_weekly_acc', 'total_deal_size'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'filplus/old_datacap_balance_nv22', 'old_dc_balance'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'filplus/old_datacap_client_balance_nv22', 'client'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'filplus/old_datacap_client_balance_nv22', 'old_dc_balance'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'intermediate/client_provider_piece_weekly', 'client_id'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'intermediate/client_provider_piece_weekly', 'total_deal_size'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'intermediate/client_provider_piece_weekly', 'week'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'raw_dmob/verified_client_allowance', 'address_id'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'raw_dmob/verified_client_allowance', 'allowance'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'raw_dmob/verified_client_allowance', 'height'),
	('filplus/old_datacap_client_balance_weekly', 'old_dc_balance', 'raw_dmob/verified_client_allowance', 'verifier_address_id'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'filplus/client_allocator_distribution_weekly', 'allocator'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'filplus/client_allocator_distribution_weekly', 'client'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'filplus/client_allocator_distribution_weekly', 'sum_of_allocations'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'filplus/client_allocator_distribution_weekly', 'week'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'filplus/client_provider_distribution_weekly', 'client'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'filplus/client_provider_distribution_weekly', 'total_deal_size'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'filplus/client_provider_distribution_weekly', 'week');
INSERT INTO ops.column_lineage VALUES
	('filplus/old_datacap_client_balance_weekly', 'claims', 'filplus/client_provider_distribution_weekly_acc', 'total_deal_size'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'filplus/old_datacap_balance_nv22', 'old_dc_balance'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'filplus/old_datacap_client_balance_nv22', 'client'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'filplus/old_datacap_client_balance_nv22', 'old_dc_balance'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'intermediate/client_provider_piece_weekly', 'client_id'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'intermediate/client_provider_piece_weekly', 'total_deal_size'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'intermediate/client_provider_piece_weekly', 'week'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'raw_dmob/verified_client_allowance', 'address_id'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'raw_dmob/verified_client_allowance', 'allowance'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'raw_dmob/verified_client_allowance', 'height'),
	('filplus/old_datacap_client_balance_weekly', 'claims', 'raw_dmob/verified_client_allowance', 'verifier_address_id'),
	('filplus/providers_weekly_acc', 'week', 'filplus/client_provider_distribution_weekly_acc', 'week'),
	('filplus/providers_weekly_acc', 'provider', 'filplus/client_provider_distribution_weekly_acc', 'provider'),
	('filplus/providers_weekly_acc', 'biggest_client_total_deal_size', 'filplus/client_provider_distribution_weekly_acc', 'total_deal_size'),
	('filplus/providers_weekly_acc', 'total_deal_size', 'filplus/client_provider_distribution_weekly_acc', 'total_deal_size'),
	('filplus/providers_weekly_acc', 'avg_retrievability_success_rate', 'filplus/provider_retrievability_daily', 'date'),
	('filplus/providers_weekly_acc', 'avg_retrievability_success_rate', 'filplus/provider_retrievability_daily', 'successful'),
	('filplus/providers_weekly_acc', 'avg_retrievability_success_rate', 'filplus/provider_retrievability_daily', 'total'),
	('filplus/providers_weekly_acc', 'avg_retrievability_success_rate_http', 'filplus/provider_retrievability_daily', 'date'),
	('filplus/providers_weekly_acc', 'avg_retrievability_success_rate_http', 'filplus/provider_retrievability_daily', 'successful_http'),
	('filplus/providers_weekly_acc', 'avg_retrievability_success_rate_http', 'filplus/provider_retrievability_daily', 'total'),
	('filplus/providers_weekly_acc', 'avg_retrievability_success_rate_url_finder', 'filplus/provider_url_finder_retrievability_daily', 'success_rate'),
	('filplus/old_datacap_balance_weekly', 'allocator', 'filplus/old_datacap_balance_nv22', 'allocator'),
	('filplus/old_datacap_balance_weekly', 'old_dc_balance', 'filplus/allocators_weekly_acc', 'total_sum_of_allocations'),
	('filplus/old_datacap_balance_weekly', 'old_dc_balance', 'filplus/old_datacap_balance_nv22', 'old_dc_balance'),
	('filplus/old_datacap_balance_weekly', 'old_dc_balance', 'raw_dmob/verified_client_allowance', 'allowance'),
	('filplus/old_datacap_balance_weekly', 'allocations', 'filplus/allocators_weekly_acc', 'total_sum_of_allocations'),
	('filplus/old_datacap_balance_weekly', 'allocations', 'filplus/old_datacap_balance_nv22', 'allocator'),
	('filplus/old_datacap_balance_weekly', 'allocations', 'filplus/old_datacap_balance_nv22', 'old_dc_balance'),
	('filplus/old_datacap_balance_weekly', 'allocations', 'raw_dmob/verified_client_allowance', 'allowance');

INSERT INTO ops.dbt_project VALUES
	(true, 'af468074936d3ea2e0edc246c133adf480983aed37cce1552476fabd1d7d125e');

INSERT INTO ops.failed_entities VALUES
	('filplus/ipni_publisher_advertisement', '12D3KooWDPjJfwLSBZgZzFxTWViuS467hBQmnDn1fnbN87DSjbPj', 'no address of its publisher speaks HTTP', 1, '2026-11-30 00:02:27.728625+00', '2026-11-30 00:02:27.728625+00'),
	('filplus/ipni_publisher_advertisement', '12D3KooWEr57tKL3qK2u3NsP7e9xofxqUbFbswS2GVzRSxrmuPEK', 'no address of its publisher speaks HTTP', 1, '2026-11-30 00:02:27.728625+00', '2026-11-30 00:02:27.728625+00');

INSERT INTO ops.ingestion_runs VALUES
	('3b8fe0a3-1d9b-4c99-afa2-b1f90c7efd0c', 'solana-mainnet', 'head', 'PERIODS', 'solana_rpc', 'SUCCESS', '2026-08-09 02:00:00+00', '2026-11-30 00:01:12.631538+00', NULL, NULL, 14, 54, '4593fd7e-01de-4e21-bcd5-42eadf1688a7'),
	('a92161b3-7c89-4e0e-87a0-86def33f4974', 'solana-mainnet', '1000', 'FEES', 'solana_rpc', 'SUCCESS', '2026-08-09 02:00:00+00', '2026-11-30 00:01:17.519951+00', NULL, NULL, 90, 5, 'ad8c9e62-2b7c-4692-8f50-8b4c1c74695b');

INSERT INTO ops.landing_blocks VALUES
	('raw_dmob/dc_allocation_claim', 0, 122, 0, '{}', 1),
	('raw_dmob/unified_verified_deal', 0, 4012, 340, '{89,120,128,134,143}', 2);

INSERT INTO ops.landing_progress VALUES
	('raw_dmob/unified_verified_deal', 4262, 0, '2026-08-14 12:00:00+00', '2026-08-14 12:00:00+00', '2026-08-14 12:00:00+00'),
	('raw_dmob/dc_allocation_claim', 4224, 0, '2026-08-14 12:00:00+00', '2026-08-14 12:00:00+00', '2026-08-14 12:00:00+00');

INSERT INTO ops.registry_issues VALUES
	('filplus/allocator_registry', 'filecoin-project/Allocator-Registry/Allocators/rec09e73bfab7887a.json', 'several_required_sps', 'noted', 'required_sps is ''3-4''; the first number counts', '2026-08-14 12:00:00+00'),
	('filplus/allocator_registry', 'filecoin-project/Allocator-Registry/Allocators/rec255c55d5dfd195.json', 'several_required_sps', 'noted', 'required_sps is ''3-4''; the first number counts', '2026-08-14 12:00:00+00');

INSERT INTO ops.runs VALUES
	('2a73112e-6cde-4e64-b2e1-a05a1aa9b3fc', 'raw_dmob/client_contract', NULL, NULL, 1, '2026-11-30 00:00:48.1126+00', '2026-11-30 00:00:48.948835+00', NULL, 0.873, 1, 0, 1, 'SUCCESS', 'demo', NULL, NULL),
	('2a73112e-6cde-4e64-b2e1-a05a1aa9b3fc', 'raw_dmob/dc_allocation_claim', NULL, NULL, 1, '2026-11-30 00:00:48.112952+00', '2026-11-30 00:00:48.948895+00', NULL, 0.873, 122, 0, 1, 'SUCCESS', 'demo', NULL, NULL);

INSERT INTO ops.schema_version VALUES
	('0021');

INSERT INTO ops.source_health VALUES
	('dmob', true, 0.013, '2026-11-30 00:07:02.310814+00', '2026-11-30 00:07:02.310814+00', 0, 'closed', NULL, NULL, NULL),
	('filspark', true, 0.046, '2026-11-30 00:02:49.672908+00', '2026-11-30 00:02:49.672908+00', 0, 'closed', NULL, NULL, NULL);

INSERT INTO ops.touched_hours VALUES
	('raw_dmob/unified_verified_deal', '2026-08-03 22:00:00+00', 1, 0),
	('raw_dmob/unified_verified_deal', '2026-08-02 03:00:00+00', 1, 0);

INSERT INTO raw_dmob.client_contract VALUES
	(1, 'f03100420', 1);

INSERT INTO raw_dmob.dc_allocation_claim VALUES
	(1, '3100189', 'allocation', 1),
	(2, '3100168', 'allocation', 1);

INSERT INTO raw_dmob.piece OVERRIDING SYSTEM VALUE VALUES
	(3424225725729265, 'baga6ea4seaqad2cf3a4a46db46af5b7d2ffbc4af4acfd57a2c274c22a35aaaq'),
	(4211689277637630, 'baga6ea4seaqcb32d5a23ae7b5b2fe53af3aa74aab2aad576ea244b22fabaaaq');

INSERT INTO raw_dmob.touched_pieces VALUES
	(2, 3100189, 4819068206461445823),
	(2, 3100364, 4873824360666069282);

INSERT INTO raw_dmob.unified_verified_deal VALUES
	(1, 0, 3100189, 1000143, 549120102882008767, 68719476736, 1595760, '2022-03-02 00:00:00', '2026-07-15 21:00:00', 0, false, '77979', 'claimUpdatedWithoutExistingClaim', NULL, 1),
	(2, 60000002, 3100168, 1000418, 6230277424511690639, 34359738368, 1622040, '2022-03-11 03:00:00', '2026-07-15 21:00:00', 0, false, '109172', 'deal', NULL, 1);

INSERT INTO raw_dmob.unique_providers VALUES
	('', 1),
	('1000088', 1);

INSERT INTO raw_dmob.verified_client VALUES
	(1, 'f03100007', 'f153iltjeimxmvmt3zmtcviso742xxuh4xaq4mp6i', 'f0500039', 577277964320768, 577101007384580, 5773887, 'https://applications.example/3/issues/1', 'Client 1', 'Client organisation 1', 1),
	(2, 'f03100007', 'f153iltjeimxmvmt3zmtcviso742xxuh4xaq4mp6i', 'f0500117', 20375324852224, 20375324852224, 6260962, 'https://applications.example/9/issues/1', 'Client 1', 'Client organisation 1', 1);

INSERT INTO raw_dmob.verified_client_allowance VALUES
	(1, 'f03100133', 'f01858410', 1751681, 34359738368, 'https://applications.example/2/issues/19', 1650268418, 1650856830, 1),
	(2, 'f03100070', 'f01858410', 1772132, 34359738368, 'https://applications.example/2/issues/10', 1649699105, 1651470360, 1);

INSERT INTO raw_dmob.verifier VALUES
	(1, 'f0121877', 'f2yoxry2mw7xu4lbhijzofp3v73mnn6rzqhjmf2wa', 5739450696990720, 5739141459345408, 3333453, 'https://issues.example/1', false, 'Allocator 1', NULL, 1698309990, true, 3, false, 'Organisation 1', NULL, false, false, 'f080', 1),
	(2, 'f01858410', 'f1rjt3txorrgbzo2g7lfh5uua2avbfzexeq4essai', 11548550301640294, 7190326727304806, 3135160, 'n/a', false, 'Allocator 2', NULL, 1692361200, false, 3, false, 'Organisation 2', NULL, false, false, 'f080', 1);

INSERT INTO raw_dmob.verifier_allowance VALUES
	(1, 'f0500091', 1990311, 34845069672448, 7, NULL, 'bafy2bzace6aeje4cehc7gffdd2aebg2c7gbgd2426j3ge437b64i4h742fg5e', NULL, 1658015730, 3, '', 'notAudited', false, 'f080', 1),
	(2, 'f0500078', 2132066, 36650387592534, 6, NULL, 'bafy2bzaceih6h64hb4habih55gbh3gifjc74aea3dbh4ihh7bdfdcb5523ed2', NULL, 1662268380, 3, '', 'passedConditionally', false, 'f080', 1);

INSERT INTO raw_edition5.files VALUES
	('edition5_AuditTimesByRound.json', '13a87b0890d33d97f3d0fa538d82d12a2f0f8bcf40d1feb457824689dc7c157e', '2026-08-14 12:00:00+00', '\x7b2261766572616765436f6e766572736174696f6e54696d657353656373223a5b3836343030302c313436383830302c3737373630302c3935303430302c3639313230302c313436383830305d2c2261766572616765417564697454696d657353656373223a5b3836343030302c3531383430302c3630343830302c3836343030302c3935303430302c313239363030305d2c2261766572616765416c6c6f636174696f6e54696d657353656373223a6e756c6c7d');

INSERT INTO raw_filscan.answers OVERRIDING SYSTEM VALUE VALUES
	(1, '2026-08-14', 'account:f01000011 bcc269fff5baec5b40123269ff599bd1', '{f01000011}', 200, true, '2026-08-14 12:00:00+00', 'f3de7e5dd37ba62e2acfbb4da26787f5567498cb960b8b5a9e09442a25fd6e95', '\x7b22726573756c74223a7b226163636f756e745f696e666f223a7b226163636f756e745f6d696e6572223a7b226163636f756e745f696e64696361746f72223a7b226163636f756e745f6964223a22663031303030303131222c2262616c616e6365223a22313432363638303030303030303030303030303030303030222c22617661696c61626c655f62616c616e6365223a223134323636383030303030303030303030303030303030222c22696e69745f706c65646765223a22313134313334343030303030303030303030303030303030222c227072655f6465706f73697473223a2230222c226c6f636b65645f62616c616e6365223a223134323636383030303030303030303030303030303037222c227175616c6974795f61646a7573745f706f776572223a22313733313138313035373933333331323030222c227175616c6974795f706f7765725f72616e6b223a3434362c227175616c6974795f706f7765725f70657263656e74616765223a22302e303135373435222c227261775f706f776572223a223137333131383130353739333333313230222c22746f74616c5f626c6f636b5f636f756e74223a333435372c22746f74616c5f77696e5f636f756e74223a3734352c22746f74616c5f726577617264223a2235323438333333333333333333333333333333333333222c22736563746f725f73697a65223a33343335393733383336382c22736563746f725f636f756e74223a3530333834302c226c6976655f736563746f725f636f756e74223a3530333833372c226661756c745f736563746f725f636f756e74223a322c227265636f7665725f736563746f725f636f756e74223a312c226163746976655f736563746f725f636f756e74223a3530333833352c227465726d696e6174655f736563746f725f636f756e74223a337d7d7d7d7d'),
	(2, '2026-08-14', 'account:f01000022 5fa9e565779b2d30699b650fed79fab5', '{f01000022}', 200, true, '2026-08-14 12:00:00+00', 'df1ff768859d5ea002ec838f0014ce1b78502baf175c82190971a4af1f0e80bf', '\x7b22726573756c74223a7b226163636f756e745f696e666f223a7b226163636f756e745f6d696e6572223a7b226163636f756e745f696e64696361746f72223a7b226163636f756e745f6964223a22663031303030303232222c2262616c616e6365223a22323134303936303030303030303030303030303030303030222c22617661696c61626c655f62616c616e6365223a223231343039363030303030303030303030303030303030222c22696e69745f706c65646765223a22313731323736383030303030303030303030303030303030222c227072655f6465706f73697473223a2230222c226c6f636b65645f62616c616e6365223a223231343039363030303030303030303030303030303037222c227175616c6974795f61646a7573745f706f776572223a22313635393237323939373437363736313630222c227175616c6974795f706f7765725f72616e6b223a3639322c227175616c6974795f706f7765725f70657263656e74616765223a22302e303135303931222c227261775f706f776572223a223136353932373239393734373637363136222c22746f74616c5f626c6f636b5f636f756e74223a323830332c22746f74616c5f77696e5f636f756e74223a39312c22746f74616c5f726577617264223a2235303330333333333333333333333333333333333333222c22736563746f725f73697a65223a33343335393733383336382c22736563746f725f636f756e74223a3438323931322c226c6976655f736563746f725f636f756e74223a3438323930392c226661756c745f736563746f725f636f756e74223a322c227265636f7665725f736563746f725f636f756e74223a312c226163746976655f736563746f725f636f756e74223a3438323930372c227465726d696e6174655f736563746f725f636f756e74223a337d7d7d7d7d');

INSERT INTO raw_ipinfo.answers OVERRIDING SYSTEM VALUE VALUES
	(1, '2026-08-14', 'ip:85.3.205.88 108fb4adc121e358be71b4e4454ce394', '{f01000011,85.3.205.88}', 200, true, '2026-08-14 12:00:00+00', '1ac4dc199684fc1b888727b812ea5f3aa9c0c5687ea18c7eff7351a40f5f665b', '\x7b226970223a2238352e332e3230352e3838222c2263697479223a22486f6e67204b6f6e67222c22726567696f6e223a22486f6e67204b6f6e67222c22636f756e747279223a22484b222c226c6f63223a2232322e323738332c3131342e31373437222c226f7267223a2241533634353030204578616d706c65222c22706f7374616c223a2230222c2274696d657a6f6e65223a22555443227d'),
	(2, '2026-08-14', 'ip:212.0.165.105 09ba0e0a22a15d5105b295eb20b35dd4', '{f01000022,212.0.165.105}', 200, true, '2026-08-14 12:00:00+00', 'cc2a2bb4d7093a22860a052dfd8bff7098cdc0b07f94280cc5ac4741b1e7dfde', '\x7b226970223a223231322e302e3136352e313035222c2263697479223a2253656f756c222c22726567696f6e223a2253656f756c222c22636f756e747279223a224b52222c226c6f63223a2233372e353636302c3132362e39373834222c226f7267223a2241533634353030204578616d706c65222c22706f7374616c223a2230222c2274696d657a6f6e65223a22555443227d');

INSERT INTO raw_ipni.advertisement VALUES
	('baguqeerazbfb3ccw2wpmqsf6h4bh3zaxfallcaip6obzrf2ijv5pqyydbhvq', 'baguqeerauc3f6x3ciw3kuvddabvsiqppwhwrtsv4skzfmvfvlzodcvboo4ia', '12D3KooWA3AxEDgR1cbyKucQBfXTXwvqLy8Gw1amD5ADE18k3Dyq', 'ERvT5vOI6W8', 'bafkreehdwdcefgh4dqkjv67uzcmw7oje', true, '12D3KooWA3AxEDgR1cbyKucQBfXTXwvqLy8Gw1amD5ADE18k3Dyq', 0, 0, 0, NULL, NULL, '2026-08-14 12:00:00+00', 2);

INSERT INTO raw_ipni.answers OVERRIDING SYSTEM VALUE VALUES
	(2, '2026-08-14', 'ad:baguqeerazbfb3ccw2wpmqsf6h4bh3zaxfallcaip6obzrf2ijv5pqyydbhvq ec8f3025b2a8b163eff7101a279a2fa2', '{baguqeerazbfb3ccw2wpmqsf6h4bh3zaxfallcaip6obzrf2ijv5pqyydbhvq}', 200, true, '2026-08-14 12:00:00+00', 'ad188616b116f57c03828f19e1b2498a690e5430c378e79d9df352e4439a3491', '\x7b2250726f7669646572223a22313244334b6f6f574133417845446752316362794b75635142665854587776714c7938477731616d443541444531386b33447971222c22436f6e746578744944223a7b222f223a7b226279746573223a224552765435764f49365738227d7d2c22456e7472696573223a7b222f223a226261666b7265656864776463656667683464716b6a763637757a636d77376f6a65227d2c224973526d223a747275652c2250726576696f75734944223a7b222f223a2262616775716565726175633366367833636977336b7576646461627673697170707768777274737634736b7a666d7666766c7a6f646376626f6f346961227d7d');

INSERT INTO raw_ipni.broken_link VALUES
	('baguqeera55ue67wnqrfdg4gjjpputt67ppxlrc7cjsmflhezc4ps3dtddexq', '12D3KooWA3AxEDgR1cbyKucQBfXTXwvqLy8Gw1amD5ADE18k3Dyq', 'gone: the publisher answers 404', 1, '2026-08-14 12:00:00+00', '2026-08-14 12:00:00+00', '2026-08-21 12:00:00+00'),
	('baguqeerab5p2lb3xrh3zspvxk4rad4x5nwbxygw7o676ilk3y4ecpshtcylq', '12D3KooWHUtthdLZNH9i1VakNyr4emB7GYtVZcPYmgZkoNs3irW2', 'its entries loop: block 12 names an earlier one as next', 1, '2026-08-14 12:00:00+00', '2026-08-14 12:00:00+00', '2026-08-21 12:00:00+00');

INSERT INTO raw_ipni.provider_reporting VALUES
	('2026-08-14', 'f01000088', '12D3KooWHoNV41gL3JX8FbroF2SU54WQh1KSHuXKkHf28GSgSr9N', 5000, 14, 'OK'),
	('2026-08-14', 'f01000297', '12D3KooWQbdeez5aDKjW8S9yBmX8sFeadsaPeUxrBH8tpSrfXYxM', 5000, 19, 'OK');

INSERT INTO raw_ipni.publisher VALUES
	('12D3KooWA3AxEDgR1cbyKucQBfXTXwvqLy8Gw1amD5ADE18k3Dyq', '12D3KooWA3AxEDgR1cbyKucQBfXTXwvqLy8Gw1amD5ADE18k3Dyq', '{/ip4/127.0.0.1/tcp/8713/http}', 'http://127.0.0.1:8713', 'baguqeerazbfb3ccw2wpmqsf6h4bh3zaxfallcaip6obzrf2ijv5pqyydbhvq', '2026-08-14 12:00:00+00'),
	('12D3KooWAAR5zAzZdf6Z8UDasWjP8qTR2w75WhtXADZCJnAFBXvq', '12D3KooWAAR5zAzZdf6Z8UDasWjP8qTR2w75WhtXADZCJnAFBXvq', '{/ip4/127.0.0.1/tcp/8713/http}', 'http://127.0.0.1:8713', 'baguqeerajrfi6kdg5b5wgmbqrmoe6faq56zpsbj4szdao2e4tgmunnqnpula', '2026-08-14 12:00:00+00');

INSERT INTO staging.staging_fees VALUES
	('7b3c6e8b-bc08-5881-9c2d-7d3fc943123c', 'a92161b3-7c89-4e0e-87a0-86def33f4974', 'solana-mainnet', '1000', '', 'solana_rpc', 'json-rpc 2.0', 'FEES', 'getLeaderSchedule:96000 2cf7aa023b40ebfc55826e7203844a02', 200, '2026-08-09 02:00:00+00', '2026-08-09 02:00:00+00', 'part', true, 'aec26069a76afe5b11aa175011d75361b9b6b2792c759235f039c1cfa5108653', '{"id": "getLeaderSchedule:96000", "result": {"wku22iXq4zoans9V6SsdvSuMh5uT4ww3XMmDZhh1jmf": [12, 13, 14, 15, 56, 57, 58, 59, 68, 69, 70, 71], "3jvWJYzLrb3Tn4HDxjsxsJwZAxR8HH5WqB2sbdogPp3j": [16, 17, 18, 19, 20, 21, 22, 23, 36, 37, 38, 39, 44, 45, 46, 47, 64, 65, 66, 67, 84, 85, 86, 87], "5UTFrSb6mkLtJH9H7CrMKxeDKKgbnWk4aL6SQjuUzAaQ": [32, 33, 34, 35, 72, 73, 74, 75, 80, 81, 82, 83, 88, 89, 90, 91], "6ibuNWbrbUp2wuCMG95sVEnQgqnuKq823RsKGEiFDkFL": [24, 25, 26, 27], "EHLZSXVVsjD27RNPVNi4YJ6ipQ9MFnttcMYXwSz2tn4X": [0, 1, 2, 3, 28, 29, 30, 31, 52, 53, 54, 55, 60, 61, 62, 63, 76, 77, 78, 79, 92, 93, 94, 95], "HNnnm45cN1S9YeeLNX4ywYKQuxaxdtRN6kXhwtE917gz": [4, 5, 6, 7, 8, 9, 10, 11, 40, 41, 42, 43, 48, 49, 50, 51]}, "jsonrpc": "2.0"}', '\x7b226a736f6e727063223a22322e30222c22726573756c74223a7b22336a76574a597a4c726233546e344844786a7378734a775a41785238484835577142327362646f675070336a223a5b31362c31372c31382c31392c32302c32312c32322c32332c33362c33372c33382c33392c34342c34352c34362c34372c36342c36352c36362c36372c38342c38352c38362c38375d2c2235555446725362366d6b4c744a4839483743724d4b7865444b4b67626e576b34614c3653516a75557a416151223a5b33322c33332c33342c33352c37322c37332c37342c37352c38302c38312c38322c38332c38382c38392c39302c39315d2c22366962754e576272625570327775434d4739357356456e5167716e754b7138323352734b47456946446b464c223a5b32342c32352c32362c32375d2c2245484c5a53585656736a443237524e50564e6934594a36697051394d466e7474634d595877537a32746e3458223a5b302c312c322c332c32382c32392c33302c33312c35322c35332c35342c35352c36302c36312c36322c36332c37362c37372c37382c37392c39322c39332c39342c39355d2c22484e6e6e6d3435634e3153395965654c4e58347977594b51757861786474524e366b5868777445393137677a223a5b342c352c362c372c382c392c31302c31312c34302c34312c34322c34332c34382c34392c35302c35315d2c22776b753232695871347a6f616e733956365373647653754d6835755434777733584d6d445a6868316a6d66223a5b31322c31332c31342c31352c35362c35372c35382c35392c36382c36392c37302c37315d7d2c226964223a226765744c65616465725363686564756c653a3936303030227d'),
	('6d82e8f4-dc96-5511-b229-5f7740a7f462', 'a92161b3-7c89-4e0e-87a0-86def33f4974', 'solana-mainnet', '1000', '', 'solana_rpc', 'json-rpc 2.0', 'FEES', 'getBlocks:96000..96095 43a485d5a608c4e1f7536ca38c856133', 200, '2026-08-09 02:00:00+00', '2026-08-09 02:00:00+00', 'part', true, '4aa0ab47a07ea8c45425ed112adb9df12538896d193f8523b1b773d649f3c257', '{"id": "getBlocks:96000..96095", "result": [96000, 96001, 96002, 96003, 96004, 96005, 96006, 96008, 96009, 96010, 96011, 96012, 96013, 96014, 96015, 96016, 96017, 96018, 96019, 96020, 96022, 96023, 96024, 96025, 96026, 96027, 96028, 96029, 96030, 96031, 96032, 96033, 96034, 96035, 96036, 96037, 96038, 96039, 96040, 96041, 96042, 96044, 96045, 96046, 96047, 96048, 96049, 96050, 96052, 96053, 96054, 96055, 96056, 96057, 96058, 96059, 96060, 96061, 96062, 96063, 96064, 96065, 96066, 96067, 96068, 96069, 96070, 96071, 96072, 96073, 96074, 96075, 96076, 96077, 96078, 96080, 96081, 96082, 96083, 96084, 96085, 96086, 96088, 96089, 96090, 96091, 96092, 96093, 96094, 96095], "jsonrpc": "2.0"}', '\x7b226a736f6e727063223a22322e30222c22726573756c74223a5b39363030302c39363030312c39363030322c39363030332c39363030342c39363030352c39363030362c39363030382c39363030392c39363031302c39363031312c39363031322c39363031332c39363031342c39363031352c39363031362c39363031372c39363031382c39363031392c39363032302c39363032322c39363032332c39363032342c39363032352c39363032362c39363032372c39363032382c39363032392c39363033302c39363033312c39363033322c39363033332c39363033342c39363033352c39363033362c39363033372c39363033382c39363033392c39363034302c39363034312c39363034322c39363034342c39363034352c39363034362c39363034372c39363034382c39363034392c39363035302c39363035322c39363035332c39363035342c39363035352c39363035362c39363035372c39363035382c39363035392c39363036302c39363036312c39363036322c39363036332c39363036342c39363036352c39363036362c39363036372c39363036382c39363036392c39363037302c39363037312c39363037322c39363037332c39363037342c39363037352c39363037362c39363037372c39363037382c39363038302c39363038312c39363038322c39363038332c39363038342c39363038352c39363038362c39363038382c39363038392c39363039302c39363039312c39363039322c39363039332c39363039342c39363039355d2c226964223a22676574426c6f636b733a39363030302e2e3936303935227d');

INSERT INTO validators.canonical_periods__solana_mainnet VALUES
	('solana-mainnet', '1000', 1000, 'EPOCH', 96000, 96095, 90000, 90089, '2026-07-14 00:00:00+00', '2026-07-15 23:30:00+00', 'FINAL', '2026-08-09 02:00:00+00', 1, true, false, '2026-08-09 02:00:00+00', NULL, NULL, 'solana_rpc', NULL, '2026-08-09 02:00:00+00', '59dc32d27cc920b9c59f58c108956e302c7ce8306c9af066ab3ba1b21c00d430', 'e7324dffa0fb5d32f40b8ad74b059722d3f51a4f2d159e0118f77db89c226095', '{}'),
	('solana-mainnet', '1001', 1001, 'EPOCH', 96096, 96191, 90090, 90179, '2026-07-16 00:00:00+00', '2026-07-17 23:30:00+00', 'FINAL', '2026-08-09 02:00:00+00', 1, true, false, '2026-08-09 02:00:00+00', NULL, NULL, 'solana_rpc', NULL, '2026-08-09 02:00:00+00', '59dc32d27cc920b9c59f58c108956e302c7ce8306c9af066ab3ba1b21c00d430', 'f8de30dbb6e636ba199b2a7b6f8e140a893b6dbefd65a258d9a574444f500d89', '{}');

INSERT INTO validators.canonical_provenance VALUES
	('solana-mainnet', 'canonical_validator_identities', '1000', '35463723-9633-50d4-a4d6-cd7d384000f9', '2026-08-09 02:00:00+00'),
	('solana-mainnet', 'canonical_validator_identities', '1000', '590e6244-4ae0-543a-9961-3d703e81a8ee', '2026-08-09 02:00:00+00');

INSERT INTO validators.canonical_validator_fees__solana_mainnet VALUES
	('solana-mainnet', '1000', '24MR2XGn1H2Kp2aJ7mkNrXzA3yDkbcJUQJChAHaYJ8y2', 1631467608, 16, NULL, NULL, 16, 16, 1, true, false, '2026-08-09 02:00:00+00', NULL, NULL, 'solana_rpc', '3b6d5393-874a-5991-bf56-3739eecb65fd', '2026-08-09 02:00:00+00', '59dc32d27cc920b9c59f58c108956e302c7ce8306c9af066ab3ba1b21c00d430', '988f8ad51283f419308d8b667c5f955c4d1e9772d60097fd79d2815c1c6b224e', '{}'),
	('solana-mainnet', '1000', '3KYq66adFwwUwessR2hrTWxfDtkntcTcsmijhsRxsiZi', 2481120046, 23, NULL, NULL, 23, 24, 1, true, false, '2026-08-09 02:00:00+00', NULL, NULL, 'solana_rpc', '3b6d5393-874a-5991-bf56-3739eecb65fd', '2026-08-09 02:00:00+00', '59dc32d27cc920b9c59f58c108956e302c7ce8306c9af066ab3ba1b21c00d430', 'fd516c96f2bd0af498e04f21b3ede2c0a0ebc6132056a0763168d3d60bdbd112', '{}');

INSERT INTO validators.canonical_validator_identities__solana_mainnet VALUES
	('solana-mainnet', '1000', '24MR2XGn1H2Kp2aJ7mkNrXzA3yDkbcJUQJChAHaYJ8y2', 'identity', '5UTFrSb6mkLtJH9H7CrMKxeDKKgbnWk4aL6SQjuUzAaQ', 1, true, false, '2026-08-09 02:00:00+00', NULL, NULL, 'jito_kobe', '35463723-9633-50d4-a4d6-cd7d384000f9', '2026-08-09 02:00:00+00', '59dc32d27cc920b9c59f58c108956e302c7ce8306c9af066ab3ba1b21c00d430', 'cf1cbb66a638b4860a516671fb74850e6ccf787fe6c4c8d29e9c04efe880bd05', '{}'),
	('solana-mainnet', '1000', '24MR2XGn1H2Kp2aJ7mkNrXzA3yDkbcJUQJChAHaYJ8y2', 'vote', '24MR2XGn1H2Kp2aJ7mkNrXzA3yDkbcJUQJChAHaYJ8y2', 1, true, false, '2026-08-09 02:00:00+00', NULL, NULL, 'jito_kobe', '35463723-9633-50d4-a4d6-cd7d384000f9', '2026-08-09 02:00:00+00', '59dc32d27cc920b9c59f58c108956e302c7ce8306c9af066ab3ba1b21c00d430', 'cf1cbb66a638b4860a516671fb74850e6ccf787fe6c4c8d29e9c04efe880bd05', '{}');

INSERT INTO validators.chain_configs VALUES
	('59dc32d27cc920b9c59f58c108956e302c7ce8306c9af066ab3ba1b21c00d430', 'solana-mainnet', '{"chain": {"name": "Solana mainnet", "chain_id": "solana-mainnet", "protocol": "solana", "first_period": 1000, "period_types": ["EPOCH"], "native_symbol": "SOL", "native_decimals": 9, "tracked_validators": "all", "finality_lag_periods": {"MEV_TIPS": 2, "EXEC_FEES": 1, "COMMISSION": 1, "VOTE_REWARDS": 1}, "restatement_watch_periods": 10}, "providers": [{"name": "solana_rpc", "burst": 100, "adapter": "solana_rpc", "chain_id": "solana-mainnet", "batch_size": 100, "address_variable": "CDP_SOLANA_RPC_URL", "requests_per_10_seconds": 1000}, {"name": "jito_kobe", "burst": 10, "adapter": "jito_kobe", "chain_id": "solana-mainnet", "batch_size": 1, "address_variable": "CDP_JITO_KOBE_URL", "requests_per_10_seconds": 100}], "priorities": [{"chain_id": "solana-mainnet", "data_type": "PERIODS", "providers": ["solana_rpc"], "from_period": 0}, {"chain_id": "solana-mainnet", "data_type": "FEES", "providers": ["solana_rpc"], "from_period": 0}, {"chain_id": "solana-mainnet", "data_type": "META", "providers": ["solana_rpc", "jito_kobe"], "from_period": 0}]}', '2026-08-09 02:00:00+00');

INSERT INTO validators.chain_registry VALUES
	('solana-mainnet', 'Solana mainnet', 'solana', 'SOL', 9, 'EPOCH', 1000, '59dc32d27cc920b9c59f58c108956e302c7ce8306c9af066ab3ba1b21c00d430');

SELECT pg_catalog.setval('audit.access_log_access_id_seq', 1, false);

SELECT pg_catalog.setval('filplus.allocator_report_report_number_seq', 1, false);

SELECT pg_catalog.setval('governance.input_overrides_override_id_seq', 1, false);

SELECT pg_catalog.setval('ops.alerts_alert_id_seq', 1, false);

SELECT pg_catalog.setval('raw_dmob.piece_piece_id_seq', 1, false);

SELECT pg_catalog.setval('raw_filscan.answers_answer_id_seq', 1, false);

SELECT pg_catalog.setval('raw_filspark.answers_answer_id_seq', 1, false);

SELECT pg_catalog.setval('raw_github.answers_answer_id_seq', 1, false);

SELECT pg_catalog.setval('raw_github.seen', 1, false);

SELECT pg_catalog.setval('raw_ipinfo.answers_answer_id_seq', 1, false);

SELECT pg_catalog.setval('raw_ipni.answers_answer_id_seq', 1, false);

SELECT pg_catalog.setval('raw_lotus.answers_answer_id_seq', 1, false);

SELECT pg_catalog.setval('raw_url_finder.answers_answer_id_seq', 1, false);

ALTER TABLE ONLY audit.access_log
    ADD CONSTRAINT access_log_pkey PRIMARY KEY (access_id);

ALTER TABLE ONLY audit.log
    ADD CONSTRAINT log_change_hash_key UNIQUE (change_hash);

ALTER TABLE ONLY audit.log
    ADD CONSTRAINT log_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY filplus.allocator_client_bookkeeping
    ADD CONSTRAINT allocator_client_bookkeeping_pkey PRIMARY KEY (allocator_id, client_id);

ALTER TABLE ONLY filplus.allocator_client_stats_daily
    ADD CONSTRAINT allocator_client_stats_daily_pkey PRIMARY KEY (allocator_id, date);

ALTER TABLE ONLY filplus.allocator_compliance_weekly
    ADD CONSTRAINT allocator_compliance_weekly_pkey PRIMARY KEY (week, allocator, check_retrievability, check_number_of_clients, check_total_deal_size);

ALTER TABLE ONLY filplus.allocator
    ADD CONSTRAINT allocator_pkey PRIMARY KEY (id);

ALTER TABLE ONLY filplus.allocator_registry
    ADD CONSTRAINT allocator_registry_allocator_address_key UNIQUE (allocator_address);

ALTER TABLE ONLY filplus.allocator_registry_archive
    ADD CONSTRAINT allocator_registry_archive_allocator_address_key UNIQUE (allocator_address);

ALTER TABLE ONLY filplus.allocator_registry_archive
    ADD CONSTRAINT allocator_registry_archive_pkey PRIMARY KEY (allocator_id);

ALTER TABLE ONLY filplus.allocator_registry
    ADD CONSTRAINT allocator_registry_pkey PRIMARY KEY (allocator_id);

ALTER TABLE ONLY filplus.allocator_report_check_result
    ADD CONSTRAINT allocator_report_check_result_check_allocator_report_id_key UNIQUE ("check", allocator_report_id);

ALTER TABLE ONLY filplus.allocator_report_check_result
    ADD CONSTRAINT allocator_report_check_result_pkey PRIMARY KEY (id);

ALTER TABLE ONLY filplus.allocator_report_client_allocation
    ADD CONSTRAINT allocator_report_client_allocation_pkey PRIMARY KEY (allocator_report_id, client_id, allocation_number);

ALTER TABLE ONLY filplus.allocator_report_client_cid_sharing
    ADD CONSTRAINT allocator_report_client_cid_sharing_pkey PRIMARY KEY (allocator_report_id, client_id, other_client);

ALTER TABLE ONLY filplus.allocator_report_client
    ADD CONSTRAINT allocator_report_client_pkey PRIMARY KEY (allocator_report_id, client_id);

ALTER TABLE ONLY filplus.allocator_report_client_replica_distribution
    ADD CONSTRAINT allocator_report_client_replica_distribution_pkey PRIMARY KEY (allocator_report_id, client_id, num_of_replicas);

ALTER TABLE ONLY filplus.allocator_report
    ADD CONSTRAINT allocator_report_pkey PRIMARY KEY (id);

ALTER TABLE ONLY filplus.allocator_report
    ADD CONSTRAINT allocator_report_report_number_key UNIQUE (report_number);

ALTER TABLE ONLY filplus.allocator_report_scoring_result
    ADD CONSTRAINT allocator_report_scoring_result_metric_allocator_report_id_key UNIQUE (metric, allocator_report_id);

ALTER TABLE ONLY filplus.allocator_report_scoring_result
    ADD CONSTRAINT allocator_report_scoring_result_pkey PRIMARY KEY (id);

ALTER TABLE ONLY filplus.allocator_report_scoring_result_range
    ADD CONSTRAINT allocator_report_scoring_result_range_pkey PRIMARY KEY (id);

ALTER TABLE ONLY filplus.allocator_report_storage_provider_distribution_location
    ADD CONSTRAINT allocator_report_storage_provider_distribution_location_pkey PRIMARY KEY (allocator_report_id, provider);

ALTER TABLE ONLY filplus.allocator_report_storage_provider_distribution
    ADD CONSTRAINT allocator_report_storage_provider_distribution_pkey PRIMARY KEY (allocator_report_id, client_id, provider);

ALTER TABLE ONLY filplus.allocator_score_explained
    ADD CONSTRAINT allocator_score_explained_pkey PRIMARY KEY (allocator_report_id, component);

ALTER TABLE ONLY filplus.allocator_score_weekly
    ADD CONSTRAINT allocator_score_weekly_pkey PRIMARY KEY (week, month, allocator, metric);

ALTER TABLE ONLY filplus.allocator_sps_compliance_weekly
    ADD CONSTRAINT allocator_sps_compliance_weekly_pkey PRIMARY KEY (week, allocator, average_of, check_retrievability, check_number_of_clients, check_total_deal_size);

ALTER TABLE ONLY filplus.allocators_weekly_acc
    ADD CONSTRAINT allocators_weekly_acc_pkey PRIMARY KEY (week, allocator);

ALTER TABLE ONLY filplus.allocators_weekly
    ADD CONSTRAINT allocators_weekly_pkey PRIMARY KEY (week, allocator);

ALTER TABLE ONLY filplus.cid_sharing
    ADD CONSTRAINT cid_sharing_pkey PRIMARY KEY (client, other_client);

ALTER TABLE ONLY filplus.client_allocator_distribution_weekly_acc
    ADD CONSTRAINT client_allocator_distribution_weekly_acc_pkey PRIMARY KEY (week, client, allocator);

ALTER TABLE ONLY filplus.client_allocator_distribution_weekly
    ADD CONSTRAINT client_allocator_distribution_weekly_pkey PRIMARY KEY (week, client, allocator);

ALTER TABLE ONLY filplus.client_claims_hourly
    ADD CONSTRAINT client_claims_hourly_pkey PRIMARY KEY (hour, client);

ALTER TABLE ONLY filplus.client_datacap_allocation
    ADD CONSTRAINT client_datacap_allocation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY filplus.client
    ADD CONSTRAINT client_pkey PRIMARY KEY (id);

ALTER TABLE ONLY filplus.client_provider_distribution
    ADD CONSTRAINT client_provider_distribution_pkey PRIMARY KEY (client, provider);

ALTER TABLE ONLY filplus.client_provider_distribution_weekly_acc
    ADD CONSTRAINT client_provider_distribution_weekly_acc_pkey PRIMARY KEY (week, client, provider);

ALTER TABLE ONLY filplus.client_provider_distribution_weekly
    ADD CONSTRAINT client_provider_distribution_weekly_pkey PRIMARY KEY (week, client, provider);

ALTER TABLE ONLY filplus.client_replica_distribution
    ADD CONSTRAINT client_replica_distribution_pkey PRIMARY KEY (client, num_of_replicas);

ALTER TABLE ONLY filplus.client_report_check_result
    ADD CONSTRAINT client_report_check_result_check_client_report_id_key UNIQUE ("check", client_report_id);

ALTER TABLE ONLY filplus.client_report_check_result
    ADD CONSTRAINT client_report_check_result_pkey PRIMARY KEY (id);

ALTER TABLE ONLY filplus.client_report_cid_sharing
    ADD CONSTRAINT client_report_cid_sharing_pkey PRIMARY KEY (client_report_id, other_client);

ALTER TABLE ONLY filplus.client_report
    ADD CONSTRAINT client_report_pkey PRIMARY KEY (id);

ALTER TABLE ONLY filplus.client_report_replica_distribution
    ADD CONSTRAINT client_report_replica_distribution_pkey PRIMARY KEY (client_report_id, num_of_replicas);

ALTER TABLE ONLY filplus.client_report
    ADD CONSTRAINT client_report_report_id_key UNIQUE (report_id);

ALTER TABLE ONLY filplus.client_report_storage_provider_distribution_location
    ADD CONSTRAINT client_report_storage_provider_distribution_location_pkey PRIMARY KEY (client_report_id, provider);

ALTER TABLE ONLY filplus.client_report_storage_provider_distribution
    ADD CONSTRAINT client_report_storage_provider_distribution_pkey PRIMARY KEY (client_report_id, provider);

ALTER TABLE ONLY filplus.clients_stats_daily
    ADD CONSTRAINT clients_stats_daily_pkey PRIMARY KEY (date);

ALTER TABLE ONLY filplus.compliance_alerts
    ADD CONSTRAINT compliance_alerts_pkey PRIMARY KEY (entity_type, entity_id, rule);

ALTER TABLE ONLY filplus.compliance_histogram_weekly
    ADD CONSTRAINT compliance_histogram_weekly_pkey PRIMARY KEY (week, subject, measure, population, value_to_inclusive);

ALTER TABLE ONLY filplus.edition5_audit_states
    ADD CONSTRAINT edition5_audit_states_pkey PRIMARY KEY (allocator_id, audit_number);

ALTER TABLE ONLY filplus.edition5_audit_times
    ADD CONSTRAINT edition5_audit_times_pkey PRIMARY KEY (series, round);

ALTER TABLE ONLY filplus.edition5_monthly_outcomes
    ADD CONSTRAINT edition5_monthly_outcomes_pkey PRIMARY KEY (month, outcome);

ALTER TABLE ONLY filplus.edition5_pathways
    ADD CONSTRAINT edition5_pathways_pkey PRIMARY KEY (allocator_id);

ALTER TABLE ONLY filplus.ipni_publisher_advertisement
    ADD CONSTRAINT ipni_publisher_advertisement_pkey PRIMARY KEY (id);

ALTER TABLE ONLY filplus.ipni_reporting_daily
    ADD CONSTRAINT ipni_reporting_daily_pkey PRIMARY KEY (date);

ALTER TABLE ONLY filplus.old_datacap_balance_nv22
    ADD CONSTRAINT old_datacap_balance_nv22_pkey PRIMARY KEY (allocator);

ALTER TABLE ONLY filplus.old_datacap_balance_weekly
    ADD CONSTRAINT old_datacap_balance_weekly_pkey PRIMARY KEY (week, allocator);

ALTER TABLE ONLY filplus.old_datacap_client_balance_nv22
    ADD CONSTRAINT old_datacap_client_balance_nv22_pkey PRIMARY KEY (client);

ALTER TABLE ONLY filplus.old_datacap_client_balance_weekly
    ADD CONSTRAINT old_datacap_client_balance_weekly_pkey PRIMARY KEY (week, client);

ALTER TABLE ONLY filplus.provider_filscan_info
    ADD CONSTRAINT provider_filscan_info_pkey PRIMARY KEY (date, provider);

ALTER TABLE ONLY filplus.provider_first_client
    ADD CONSTRAINT provider_first_client_pkey PRIMARY KEY (provider);

ALTER TABLE ONLY filplus.provider_ip_info
    ADD CONSTRAINT provider_ip_info_pkey PRIMARY KEY (provider, date);

ALTER TABLE ONLY filplus.provider_ipni_reporting
    ADD CONSTRAINT provider_ipni_reporting_pkey PRIMARY KEY (provider);

ALTER TABLE ONLY filplus.provider
    ADD CONSTRAINT provider_pkey PRIMARY KEY (id);

ALTER TABLE ONLY filplus.provider_retrievability_daily
    ADD CONSTRAINT provider_retrievability_daily_pkey PRIMARY KEY (date, provider);

ALTER TABLE ONLY filplus.provider_url_finder_retrievability_daily
    ADD CONSTRAINT provider_url_finder_retrievability_daily_pkey PRIMARY KEY (date, provider);

ALTER TABLE ONLY filplus.providers_weekly_acc
    ADD CONSTRAINT providers_weekly_acc_pkey PRIMARY KEY (week, provider);

ALTER TABLE ONLY filplus.providers_weekly
    ADD CONSTRAINT providers_weekly_pkey PRIMARY KEY (week, provider);

ALTER TABLE ONLY filplus.retrievability_average_weekly
    ADD CONSTRAINT retrievability_average_weekly_pkey PRIMARY KEY (week, average_of);

ALTER TABLE ONLY filplus.rule_version
    ADD CONSTRAINT rule_version_pkey PRIMARY KEY (version);

ALTER TABLE ONLY filplus.storage_provider_compliance_weekly
    ADD CONSTRAINT storage_provider_compliance_weekly_pkey PRIMARY KEY (week, provider);

ALTER TABLE ONLY filplus.storage_provider_url_finder_daily_snapshot
    ADD CONSTRAINT storage_provider_url_finder_daily_sn_provider_snapshot_date_key UNIQUE (provider, snapshot_date);

ALTER TABLE ONLY filplus.storage_provider_url_finder_daily_snapshot
    ADD CONSTRAINT storage_provider_url_finder_daily_snapshot_pkey PRIMARY KEY (id);

ALTER TABLE ONLY filplus.storage_provider_url_finder_metric_value
    ADD CONSTRAINT storage_provider_url_finder_me_provider_metric_id_tested_at_key UNIQUE (provider, metric_id, tested_at);

ALTER TABLE ONLY filplus.storage_provider_url_finder_metric
    ADD CONSTRAINT storage_provider_url_finder_metric_metric_type_key UNIQUE (metric_type);

ALTER TABLE ONLY filplus.storage_provider_url_finder_metric
    ADD CONSTRAINT storage_provider_url_finder_metric_pkey PRIMARY KEY (id);

ALTER TABLE ONLY filplus.storage_provider_url_finder_metric_value
    ADD CONSTRAINT storage_provider_url_finder_metric_value_pkey PRIMARY KEY (id);

ALTER TABLE ONLY filplus.unified_verified_deal_hourly
    ADD CONSTRAINT unified_verified_deal_hourly_pkey PRIMARY KEY (hour, client, provider);

ALTER TABLE filplus.storage_provider_compliance_weekly
    ADD CONSTRAINT unmeasured_is_zero CHECK ((is_measured OR (retrievability = (0)::double precision))) NOT VALID;

ALTER TABLE ONLY governance.input_override_withdrawals
    ADD CONSTRAINT input_override_withdrawals_pkey PRIMARY KEY (override_id);

ALTER TABLE ONLY governance.input_overrides
    ADD CONSTRAINT input_overrides_pkey PRIMARY KEY (override_id);

ALTER TABLE ONLY governance.organisations
    ADD CONSTRAINT organisations_name_key UNIQUE (name);

ALTER TABLE ONLY governance.organisations
    ADD CONSTRAINT organisations_pkey PRIMARY KEY (org_id);

ALTER TABLE ONLY governance.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY governance.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (user_id);

ALTER TABLE ONLY intermediate.client_piece
    ADD CONSTRAINT client_piece_pkey PRIMARY KEY (piece_id, client_id);

ALTER TABLE ONLY intermediate.client_provider_block
    ADD CONSTRAINT client_provider_block_pkey PRIMARY KEY (block, client_id, provider_id);

ALTER TABLE ONLY intermediate.client_provider_claims_weekly_acc
    ADD CONSTRAINT client_provider_claims_weekly_acc_pkey PRIMARY KEY (week, client_id, provider_id);

ALTER TABLE ONLY intermediate.client_provider_piece_weekly
    ADD CONSTRAINT client_provider_piece_weekly_pkey PRIMARY KEY (client_id, piece_id, provider_id, week);

ALTER TABLE ONLY intermediate.client_provider_repeated_piece_weekly
    ADD CONSTRAINT client_provider_repeated_piece_weekly_pkey PRIMARY KEY (client_id, provider_id, piece_id, week);

ALTER TABLE ONLY intermediate.client_provider_totals
    ADD CONSTRAINT client_provider_totals_pkey PRIMARY KEY (provider_id, client_id);

ALTER TABLE ONLY ops.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (alert_id);

ALTER TABLE ONLY ops.asset_catalog
    ADD CONSTRAINT asset_catalog_pkey PRIMARY KEY (asset_key);

ALTER TABLE ONLY ops.asset_partition_status
    ADD CONSTRAINT asset_partition_status_pkey PRIMARY KEY (asset_key, partition_key);

ALTER TABLE ONLY ops.asset_version
    ADD CONSTRAINT asset_version_pkey PRIMARY KEY (asset_key);

ALTER TABLE ONLY ops.column_lineage
    ADD CONSTRAINT column_lineage_pkey PRIMARY KEY (asset_key, column_name, upstream_key, upstream_column);

ALTER TABLE ONLY ops.dbt_project
    ADD CONSTRAINT dbt_project_pkey PRIMARY KEY (is_only);

ALTER TABLE ONLY ops.failed_entities
    ADD CONSTRAINT failed_entities_pkey PRIMARY KEY (asset_key, entity);

ALTER TABLE ONLY ops.ingestion_runs
    ADD CONSTRAINT ingestion_runs_pkey PRIMARY KEY (run_id, chain_id, period_id, data_type, provider_name);

ALTER TABLE ONLY ops.landing_blocks
    ADD CONSTRAINT landing_blocks_pkey PRIMARY KEY (asset_key, block);

ALTER TABLE ONLY ops.landing_progress
    ADD CONSTRAINT landing_progress_pkey PRIMARY KEY (asset_key);

ALTER TABLE ONLY ops.registry_issues
    ADD CONSTRAINT registry_issues_pkey PRIMARY KEY (asset_key, location, reason);

ALTER TABLE ONLY ops.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (run_id, asset_key);

ALTER TABLE ONLY ops.schema_version
    ADD CONSTRAINT schema_version_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY ops.source_health
    ADD CONSTRAINT source_health_pkey PRIMARY KEY (source);

ALTER TABLE ONLY ops.touched_hours
    ADD CONSTRAINT touched_hours_pkey PRIMARY KEY (asset_key, hour);

ALTER TABLE ONLY raw_dmob.client_contract
    ADD CONSTRAINT client_contract_pkey PRIMARY KEY (id);

ALTER TABLE ONLY raw_dmob.dc_allocation_claim
    ADD CONSTRAINT dc_allocation_claim_pkey PRIMARY KEY (id);

ALTER TABLE ONLY raw_dmob.piece
    ADD CONSTRAINT piece_pkey PRIMARY KEY (piece_id);

ALTER TABLE ONLY raw_dmob.unified_verified_deal
    ADD CONSTRAINT unified_verified_deal_pkey PRIMARY KEY (id);

ALTER TABLE ONLY raw_dmob.unique_providers
    ADD CONSTRAINT unique_providers_pkey PRIMARY KEY (provider_id);

ALTER TABLE ONLY raw_dmob.verified_client_allowance
    ADD CONSTRAINT verified_client_allowance_pkey PRIMARY KEY (id);

ALTER TABLE ONLY raw_dmob.verified_client
    ADD CONSTRAINT verified_client_pkey PRIMARY KEY (id);

ALTER TABLE ONLY raw_dmob.verifier_allowance
    ADD CONSTRAINT verifier_allowance_pkey PRIMARY KEY (id);

ALTER TABLE ONLY raw_dmob.verifier
    ADD CONSTRAINT verifier_pkey PRIMARY KEY (id);

ALTER TABLE ONLY raw_edition5.files
    ADD CONSTRAINT files_pkey PRIMARY KEY (name, content_hash);

ALTER TABLE ONLY raw_filscan.answers
    ADD CONSTRAINT answers_day_request_fingerprint_response_hash_key UNIQUE (day, request_fingerprint, response_hash);

ALTER TABLE ONLY raw_filscan.answers
    ADD CONSTRAINT answers_pkey PRIMARY KEY (answer_id);

ALTER TABLE ONLY raw_filspark.answers
    ADD CONSTRAINT answers_day_request_fingerprint_response_hash_key UNIQUE (day, request_fingerprint, response_hash);

ALTER TABLE ONLY raw_filspark.answers
    ADD CONSTRAINT answers_pkey PRIMARY KEY (answer_id);

ALTER TABLE ONLY raw_github.answers
    ADD CONSTRAINT answers_pkey PRIMARY KEY (answer_id);

ALTER TABLE ONLY raw_github.answers
    ADD CONSTRAINT answers_request_fingerprint_response_hash_key UNIQUE (request_fingerprint, response_hash);

ALTER TABLE ONLY raw_ipinfo.answers
    ADD CONSTRAINT answers_day_request_fingerprint_response_hash_key UNIQUE (day, request_fingerprint, response_hash);

ALTER TABLE ONLY raw_ipinfo.answers
    ADD CONSTRAINT answers_pkey PRIMARY KEY (answer_id);

ALTER TABLE ONLY raw_ipni.advertisement
    ADD CONSTRAINT advertisement_pkey PRIMARY KEY (ad_cid);

ALTER TABLE ONLY raw_ipni.answers
    ADD CONSTRAINT answers_day_request_fingerprint_response_hash_key UNIQUE (day, request_fingerprint, response_hash);

ALTER TABLE ONLY raw_ipni.answers
    ADD CONSTRAINT answers_pkey PRIMARY KEY (answer_id);

ALTER TABLE ONLY raw_ipni.broken_link
    ADD CONSTRAINT broken_link_pkey PRIMARY KEY (cid);

ALTER TABLE ONLY raw_ipni.provider_reporting
    ADD CONSTRAINT provider_reporting_pkey PRIMARY KEY (day, provider);

ALTER TABLE ONLY raw_ipni.publisher
    ADD CONSTRAINT publisher_pkey PRIMARY KEY (provider_id);

ALTER TABLE ONLY raw_lotus.answers
    ADD CONSTRAINT answers_day_request_fingerprint_response_hash_key UNIQUE (day, request_fingerprint, response_hash);

ALTER TABLE ONLY raw_lotus.answers
    ADD CONSTRAINT answers_pkey PRIMARY KEY (answer_id);

ALTER TABLE ONLY raw_lotus.client_status
    ADD CONSTRAINT client_status_pkey PRIMARY KEY (day, client);

ALTER TABLE ONLY raw_lotus.miner_info
    ADD CONSTRAINT miner_info_pkey PRIMARY KEY (day, provider);

ALTER TABLE ONLY raw_url_finder.answers
    ADD CONSTRAINT answers_day_request_fingerprint_response_hash_key UNIQUE (day, request_fingerprint, response_hash);

ALTER TABLE ONLY raw_url_finder.answers
    ADD CONSTRAINT answers_pkey PRIMARY KEY (answer_id);

ALTER TABLE ONLY raw_url_finder.client_working_url
    ADD CONSTRAINT client_working_url_pkey PRIMARY KEY (day, client, provider);

ALTER TABLE ONLY raw_url_finder.provider_retrievability
    ADD CONSTRAINT provider_retrievability_pkey PRIMARY KEY (day, provider);

ALTER TABLE ONLY staging.staging_payloads
    ADD CONSTRAINT staging_payloads_data_type_chain_id_period_id_validator_key_key UNIQUE (data_type, chain_id, period_id, validator_key, provider_name, response_hash);

ALTER TABLE ONLY staging.staging_fees
    ADD CONSTRAINT staging_fees_data_type_chain_id_period_id_validator_key_pro_key UNIQUE (data_type, chain_id, period_id, validator_key, provider_name, response_hash);

ALTER TABLE ONLY staging.staging_payloads
    ADD CONSTRAINT staging_payloads_pkey PRIMARY KEY (data_type, payload_id);

ALTER TABLE ONLY staging.staging_fees
    ADD CONSTRAINT staging_fees_pkey PRIMARY KEY (data_type, payload_id);

ALTER TABLE ONLY staging.staging_meta
    ADD CONSTRAINT staging_meta_data_type_chain_id_period_id_validator_key_pro_key UNIQUE (data_type, chain_id, period_id, validator_key, provider_name, response_hash);

ALTER TABLE ONLY staging.staging_meta
    ADD CONSTRAINT staging_meta_pkey PRIMARY KEY (data_type, payload_id);

ALTER TABLE ONLY staging.staging_mev
    ADD CONSTRAINT staging_mev_data_type_chain_id_period_id_validator_key_prov_key UNIQUE (data_type, chain_id, period_id, validator_key, provider_name, response_hash);

ALTER TABLE ONLY staging.staging_mev
    ADD CONSTRAINT staging_mev_pkey PRIMARY KEY (data_type, payload_id);

ALTER TABLE ONLY staging.staging_periods
    ADD CONSTRAINT staging_periods_data_type_chain_id_period_id_validator_key__key UNIQUE (data_type, chain_id, period_id, validator_key, provider_name, response_hash);

ALTER TABLE ONLY staging.staging_periods
    ADD CONSTRAINT staging_periods_pkey PRIMARY KEY (data_type, payload_id);

ALTER TABLE ONLY staging.staging_rewards
    ADD CONSTRAINT staging_rewards_data_type_chain_id_period_id_validator_key__key UNIQUE (data_type, chain_id, period_id, validator_key, provider_name, response_hash);

ALTER TABLE ONLY staging.staging_rewards
    ADD CONSTRAINT staging_rewards_pkey PRIMARY KEY (data_type, payload_id);

ALTER TABLE ONLY validators.canonical_periods
    ADD CONSTRAINT canonical_periods_pkey PRIMARY KEY (chain_id, period_id, version);

ALTER TABLE ONLY validators.canonical_periods__solana_mainnet
    ADD CONSTRAINT canonical_periods__solana_mainnet_pkey PRIMARY KEY (chain_id, period_id, version);

ALTER TABLE ONLY validators.canonical_provenance
    ADD CONSTRAINT canonical_provenance_pkey PRIMARY KEY (chain_id, table_name, period_id, payload_id);

ALTER TABLE ONLY validators.canonical_validator_fees
    ADD CONSTRAINT canonical_validator_fees_pkey PRIMARY KEY (chain_id, period_id, validator_key, version);

ALTER TABLE ONLY validators.canonical_validator_fees__solana_mainnet
    ADD CONSTRAINT canonical_validator_fees__solana_mainnet_pkey PRIMARY KEY (chain_id, period_id, validator_key, version);

ALTER TABLE ONLY validators.canonical_validator_identities
    ADD CONSTRAINT canonical_validator_identities_pkey PRIMARY KEY (chain_id, period_id, validator_key, kind, value, version);

ALTER TABLE ONLY validators.canonical_validator_identities__solana_mainnet
    ADD CONSTRAINT canonical_validator_identities__solana_mainnet_pkey PRIMARY KEY (chain_id, period_id, validator_key, kind, value, version);

ALTER TABLE ONLY validators.chain_configs
    ADD CONSTRAINT chain_configs_pkey PRIMARY KEY (config_hash);

ALTER TABLE ONLY validators.chain_registry
    ADD CONSTRAINT chain_registry_pkey PRIMARY KEY (chain_id);

CREATE INDEX "0563f37f1a50440a1b3f167d66d59901" ON filplus.providers_weekly USING btree (((week)::date), provider);

CREATE INDEX "0fe89ce34eff5ddd21027905e01c8673" ON filplus.client_datacap_allocation USING btree (allocator_id);

CREATE INDEX "2df2aa438558fb0ba080dae51c8e2fa3" ON filplus.client_provider_distribution_weekly USING btree (((week)::date), client);

CREATE INDEX "2f97838b91598ef63e2cdd030cca106d" ON filplus.allocator_client_stats_daily USING btree (date);

CREATE INDEX "6c3d4411a67f6d9f5fba1d68f3ac6743" ON filplus.allocators_weekly USING btree (((week)::date), allocator);

CREATE INDEX "71b77c2bee9f2a64224df80d465c029a" ON filplus.client_claims_hourly USING btree (client, hour);

CREATE INDEX "794fc58a911610ffff85d0eaf44e1882" ON filplus.providers_weekly_acc USING btree (((week)::date), provider);

CREATE INDEX "79b9c04b707be7d4db8acb0ad36de3e9" ON filplus.unified_verified_deal_hourly USING btree (provider, hour, client);

CREATE INDEX "8bbd67f4510d3fac3978d258ae2c94ab" ON filplus.client_datacap_allocation USING btree (client_id);

CREATE INDEX allocator_client_bookkeeping_client_id_idx ON filplus.allocator_client_bookkeeping USING btree (client_id);

CREATE INDEX allocator_report_address_create_date_idx ON filplus.allocator_report USING btree (address, create_date DESC);

CREATE INDEX allocator_report_allocator_create_date_report_number_idx ON filplus.allocator_report USING btree (allocator, create_date DESC, report_number DESC);

CREATE INDEX allocator_report_check_result_allocator_report_id_create_da_idx ON filplus.allocator_report_check_result USING btree (allocator_report_id, create_date);

CREATE INDEX allocator_report_report_day_idx ON filplus.allocator_report USING btree (report_day);

CREATE INDEX allocator_report_scoring_result_allocator_report_id_idx ON filplus.allocator_report_scoring_result USING btree (allocator_report_id);

CREATE INDEX allocator_report_scoring_result_range_scoring_result_id_idx ON filplus.allocator_report_scoring_result_range USING btree (scoring_result_id);

CREATE INDEX allocator_score_explained_allocator_report_day_idx ON filplus.allocator_score_explained USING btree (allocator, report_day DESC);

CREATE INDEX allocator_score_weekly_month_idx ON filplus.allocator_score_weekly USING btree (month);

CREATE INDEX client_provider_distribution_provider_idx ON filplus.client_provider_distribution USING btree (provider);

CREATE INDEX client_report_check_result_client_report_id_create_date_idx ON filplus.client_report_check_result USING btree (client_report_id, create_date);

CREATE INDEX client_report_client_create_date_id_idx ON filplus.client_report USING btree (client, create_date DESC, id DESC);

CREATE INDEX client_report_report_day_idx ON filplus.client_report USING btree (report_day);

CREATE INDEX fc3e48e729d4994d4856359035ad83e9 ON filplus.allocators_weekly_acc USING btree (((week)::date), allocator);

CREATE INDEX ff0ba07543d62e79f2affb5f5f94f5c2 ON filplus.client_provider_distribution_weekly_acc USING btree (((week)::date), client);

CREATE INDEX ipni_publisher_advertisement_previous_id_idx ON filplus.ipni_publisher_advertisement USING btree (previous_id);

CREATE INDEX ipni_publisher_advertisement_publisher_id_idx ON filplus.ipni_publisher_advertisement USING btree (publisher_id);

CREATE INDEX storage_provider_url_finder_daily_snapshot_snapshot_date_idx ON filplus.storage_provider_url_finder_daily_snapshot USING btree (snapshot_date);

CREATE INDEX storage_provider_url_finder_metric_value_snapshot_id_idx ON filplus.storage_provider_url_finder_metric_value USING btree (snapshot_id);

CREATE INDEX input_overrides_entity_kind_entity_id_input_name_override_i_idx ON governance.input_overrides USING btree (entity_kind, entity_id, input_name, override_id DESC);

CREATE INDEX "640e8f74fa5fa32bdc26a3e0cd38bab5" ON intermediate.client_provider_repeated_piece_weekly USING btree (week);

CREATE INDEX "7fb59c595de07a0b0c3405b3609f6e59" ON intermediate.client_provider_piece_weekly USING btree (week);

CREATE INDEX client_piece_without_size ON intermediate.client_piece USING btree (client_id, num_of_replicas) WHERE (total_deal_size = 0);

CREATE INDEX client_provider_block_client_id_provider_id_idx ON intermediate.client_provider_block USING btree (client_id, provider_id);

CREATE INDEX alerts_kind_subject_check_name_opened_at_idx ON ops.alerts USING btree (kind, subject, check_name, opened_at DESC);

CREATE UNIQUE INDEX alerts_open ON ops.alerts USING btree (kind, subject, check_name, first_partition, last_partition) WHERE (closed_at IS NULL);

CREATE INDEX asset_partition_status_asset_key_idx ON ops.asset_partition_status USING btree (asset_key) WHERE (error_code IS NOT NULL);

CREATE INDEX asset_partition_status_asset_key_window_start_idx ON ops.asset_partition_status USING btree (asset_key, window_start DESC NULLS LAST);

CREATE INDEX runs_asset_key_started_at_idx ON ops.runs USING btree (asset_key, started_at DESC);

CREATE INDEX runs_started_at_idx ON ops.runs USING btree (started_at DESC);

CREATE INDEX dc_allocation_claim_by_active_client ON raw_dmob.dc_allocation_claim USING btree (client_id) WHERE (type <> 'allocation'::text);

CREATE INDEX piece_by_hash ON raw_dmob.piece USING btree (hashtextextended(piece_cid, (0)::bigint));

CREATE INDEX unified_verified_deal_by_start ON raw_dmob.unified_verified_deal USING brin (started_at) WITH (pages_per_range='32', autosummarize='on');

CREATE INDEX answers_repository_path_kind_seen_number_idx ON raw_github.answers USING btree (repository, path, kind, seen_number DESC);

CREATE INDEX advertisement_entries_cid_idx ON raw_ipni.advertisement USING btree (entries_cid);

CREATE INDEX advertisement_previous_cid_idx ON raw_ipni.advertisement USING btree (previous_cid);

CREATE INDEX advertisement_walked_for_ad_cid_idx ON raw_ipni.advertisement USING btree (walked_for, ad_cid);

CREATE INDEX advertisement_walked_for_fetched_at_idx ON raw_ipni.advertisement USING btree (walked_for, fetched_at) WHERE (entries_number IS NULL);

CREATE INDEX client_status_client_day_idx ON raw_lotus.client_status USING btree (client, day DESC);

CREATE INDEX miner_info_provider_day_idx ON raw_lotus.miner_info USING btree (provider, day DESC);

CREATE INDEX client_working_url_client_provider_day_idx ON raw_url_finder.client_working_url USING btree (client, provider, day DESC);

CREATE INDEX staging_payloads_chain_id_period_id_idx ON ONLY staging.staging_payloads USING btree (chain_id, period_id);

CREATE INDEX staging_fees_chain_id_period_id_idx ON staging.staging_fees USING btree (chain_id, period_id);

CREATE INDEX staging_meta_chain_id_period_id_idx ON staging.staging_meta USING btree (chain_id, period_id);

CREATE INDEX staging_mev_chain_id_period_id_idx ON staging.staging_mev USING btree (chain_id, period_id);

CREATE INDEX staging_periods_chain_id_period_id_idx ON staging.staging_periods USING btree (chain_id, period_id);

CREATE INDEX staging_rewards_chain_id_period_id_idx ON staging.staging_rewards USING btree (chain_id, period_id);

CREATE UNIQUE INDEX canonical_periods_current ON ONLY validators.canonical_periods USING btree (chain_id, period_id) WHERE is_current;

CREATE UNIQUE INDEX canonical_periods__solana_mainnet_chain_id_period_id_idx ON validators.canonical_periods__solana_mainnet USING btree (chain_id, period_id) WHERE is_current;

CREATE UNIQUE INDEX canonical_validator_fees_current ON ONLY validators.canonical_validator_fees USING btree (chain_id, period_id, validator_key) WHERE is_current;

CREATE UNIQUE INDEX canonical_validator_fees__sol_chain_id_period_id_validator__idx ON validators.canonical_validator_fees__solana_mainnet USING btree (chain_id, period_id, validator_key) WHERE is_current;

CREATE UNIQUE INDEX canonical_validator_identities_current ON ONLY validators.canonical_validator_identities USING btree (chain_id, period_id, validator_key, kind, value) WHERE is_current;

CREATE UNIQUE INDEX canonical_validator_identitie_chain_id_period_id_validator__idx ON validators.canonical_validator_identities__solana_mainnet USING btree (chain_id, period_id, validator_key, kind, value) WHERE is_current;

ALTER INDEX staging.staging_payloads_chain_id_period_id_idx ATTACH PARTITION staging.staging_fees_chain_id_period_id_idx;

ALTER INDEX staging.staging_payloads_data_type_chain_id_period_id_validator_key_key ATTACH PARTITION staging.staging_fees_data_type_chain_id_period_id_validator_key_pro_key;

ALTER INDEX staging.staging_payloads_pkey ATTACH PARTITION staging.staging_fees_pkey;

ALTER INDEX staging.staging_payloads_chain_id_period_id_idx ATTACH PARTITION staging.staging_meta_chain_id_period_id_idx;

ALTER INDEX staging.staging_payloads_data_type_chain_id_period_id_validator_key_key ATTACH PARTITION staging.staging_meta_data_type_chain_id_period_id_validator_key_pro_key;

ALTER INDEX staging.staging_payloads_pkey ATTACH PARTITION staging.staging_meta_pkey;

ALTER INDEX staging.staging_payloads_chain_id_period_id_idx ATTACH PARTITION staging.staging_mev_chain_id_period_id_idx;

ALTER INDEX staging.staging_payloads_data_type_chain_id_period_id_validator_key_key ATTACH PARTITION staging.staging_mev_data_type_chain_id_period_id_validator_key_prov_key;

ALTER INDEX staging.staging_payloads_pkey ATTACH PARTITION staging.staging_mev_pkey;

ALTER INDEX staging.staging_payloads_chain_id_period_id_idx ATTACH PARTITION staging.staging_periods_chain_id_period_id_idx;

ALTER INDEX staging.staging_payloads_data_type_chain_id_period_id_validator_key_key ATTACH PARTITION staging.staging_periods_data_type_chain_id_period_id_validator_key__key;

ALTER INDEX staging.staging_payloads_pkey ATTACH PARTITION staging.staging_periods_pkey;

ALTER INDEX staging.staging_payloads_chain_id_period_id_idx ATTACH PARTITION staging.staging_rewards_chain_id_period_id_idx;

ALTER INDEX staging.staging_payloads_data_type_chain_id_period_id_validator_key_key ATTACH PARTITION staging.staging_rewards_data_type_chain_id_period_id_validator_key__key;

ALTER INDEX staging.staging_payloads_pkey ATTACH PARTITION staging.staging_rewards_pkey;

ALTER INDEX validators.canonical_periods_current ATTACH PARTITION validators.canonical_periods__solana_mainnet_chain_id_period_id_idx;

ALTER INDEX validators.canonical_periods_pkey ATTACH PARTITION validators.canonical_periods__solana_mainnet_pkey;

ALTER INDEX validators.canonical_validator_fees_current ATTACH PARTITION validators.canonical_validator_fees__sol_chain_id_period_id_validator__idx;

ALTER INDEX validators.canonical_validator_fees_pkey ATTACH PARTITION validators.canonical_validator_fees__solana_mainnet_pkey;

ALTER INDEX validators.canonical_validator_identities_current ATTACH PARTITION validators.canonical_validator_identitie_chain_id_period_id_validator__idx;

ALTER INDEX validators.canonical_validator_identities_pkey ATTACH PARTITION validators.canonical_validator_identities__solana_mainnet_pkey;

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.allocator_report FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.allocator_report_check_result FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.allocator_report_client FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.allocator_report_client_allocation FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.allocator_report_client_cid_sharing FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.allocator_report_client_replica_distribution FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.allocator_report_scoring_result FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.allocator_report_scoring_result_range FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.allocator_report_storage_provider_distribution FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.allocator_report_storage_provider_distribution_location FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.allocator_score_explained FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.client_report FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.client_report_check_result FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.client_report_cid_sharing FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.client_report_replica_distribution FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.client_report_storage_provider_distribution FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.client_report_storage_provider_distribution_location FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON filplus.rule_version FOR EACH STATEMENT EXECUTE FUNCTION filplus.refuse_report_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON governance.input_override_withdrawals FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON governance.input_overrides FOR EACH STATEMENT EXECUTE FUNCTION governance.refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON validators.canonical_periods FOR EACH STATEMENT EXECUTE FUNCTION validators.refuse_truncate();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON validators.canonical_periods__solana_mainnet FOR EACH STATEMENT EXECUTE FUNCTION validators.refuse_truncate();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON validators.canonical_validator_fees FOR EACH STATEMENT EXECUTE FUNCTION validators.refuse_truncate();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON validators.canonical_validator_fees__solana_mainnet FOR EACH STATEMENT EXECUTE FUNCTION validators.refuse_truncate();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON validators.canonical_validator_identities FOR EACH STATEMENT EXECUTE FUNCTION validators.refuse_truncate();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON validators.canonical_validator_identities__solana_mainnet FOR EACH STATEMENT EXECUTE FUNCTION validators.refuse_truncate();

CREATE TRIGGER refuse_value_change BEFORE DELETE OR UPDATE ON validators.canonical_periods FOR EACH ROW EXECUTE FUNCTION validators.refuse_value_change();

CREATE TRIGGER refuse_value_change BEFORE DELETE OR UPDATE ON validators.canonical_validator_fees FOR EACH ROW EXECUTE FUNCTION validators.refuse_value_change();

CREATE TRIGGER refuse_value_change BEFORE DELETE OR UPDATE ON validators.canonical_validator_identities FOR EACH ROW EXECUTE FUNCTION validators.refuse_value_change();

ALTER TABLE ONLY filplus.allocator_report_scoring_result_range
    ADD CONSTRAINT allocator_report_scoring_result_range_scoring_result_id_fkey FOREIGN KEY (scoring_result_id) REFERENCES filplus.allocator_report_scoring_result(id);

ALTER TABLE ONLY filplus.storage_provider_url_finder_metric_value
    ADD CONSTRAINT storage_provider_url_finder_metric_value_snapshot_id_fkey FOREIGN KEY (snapshot_id) REFERENCES filplus.storage_provider_url_finder_daily_snapshot(id);

ALTER TABLE ONLY governance.input_override_withdrawals
    ADD CONSTRAINT input_override_withdrawals_override_id_fkey FOREIGN KEY (override_id) REFERENCES governance.input_overrides(override_id);

ALTER TABLE ONLY governance.users
    ADD CONSTRAINT users_org_id_fkey FOREIGN KEY (org_id) REFERENCES governance.organisations(org_id);

ALTER TABLE ONLY raw_ipni.advertisement
    ADD CONSTRAINT advertisement_answer_id_fkey FOREIGN KEY (answer_id) REFERENCES raw_ipni.answers(answer_id);

ALTER TABLE ONLY raw_lotus.client_status
    ADD CONSTRAINT client_status_answer_id_fkey FOREIGN KEY (answer_id) REFERENCES raw_lotus.answers(answer_id);

ALTER TABLE ONLY raw_lotus.miner_info
    ADD CONSTRAINT miner_info_answer_id_fkey FOREIGN KEY (answer_id) REFERENCES raw_lotus.answers(answer_id);

ALTER TABLE ONLY raw_lotus.miner_info
    ADD CONSTRAINT miner_info_contract_answer_id_fkey FOREIGN KEY (contract_answer_id) REFERENCES raw_lotus.answers(answer_id);

ALTER TABLE ONLY raw_url_finder.client_working_url
    ADD CONSTRAINT client_working_url_answer_id_fkey FOREIGN KEY (answer_id) REFERENCES raw_url_finder.answers(answer_id);

ALTER TABLE ONLY raw_url_finder.provider_retrievability
    ADD CONSTRAINT provider_retrievability_answer_id_fkey FOREIGN KEY (answer_id) REFERENCES raw_url_finder.answers(answer_id);

GRANT USAGE ON SCHEMA api_v1 TO cdp_writer;
GRANT USAGE ON SCHEMA api_v1 TO api_ro;
GRANT USAGE ON SCHEMA api_v1 TO analyst;
GRANT USAGE ON SCHEMA api_v1 TO metrics;

GRANT USAGE ON SCHEMA audit TO cdp_writer;
GRANT USAGE ON SCHEMA audit TO cdp_audit;

GRANT USAGE ON SCHEMA filplus TO cdp_writer;
GRANT USAGE ON SCHEMA filplus TO api_ro;
GRANT USAGE ON SCHEMA filplus TO analyst;
GRANT USAGE ON SCHEMA filplus TO metrics;

GRANT USAGE ON SCHEMA governance TO cdp_writer;

GRANT USAGE ON SCHEMA intermediate TO cdp_writer;

GRANT USAGE ON SCHEMA ops TO cdp_writer;
GRANT USAGE ON SCHEMA ops TO api_ro;
GRANT USAGE ON SCHEMA ops TO analyst;
GRANT USAGE ON SCHEMA ops TO metrics;

GRANT USAGE ON SCHEMA raw_dmob TO cdp_writer;

GRANT USAGE ON SCHEMA raw_edition5 TO cdp_writer;

GRANT USAGE ON SCHEMA raw_filscan TO cdp_writer;

GRANT USAGE ON SCHEMA raw_filspark TO cdp_writer;

GRANT USAGE ON SCHEMA raw_github TO cdp_writer;

GRANT USAGE ON SCHEMA raw_ipinfo TO cdp_writer;

GRANT USAGE ON SCHEMA raw_ipni TO cdp_writer;

GRANT USAGE ON SCHEMA raw_lotus TO cdp_writer;

GRANT USAGE ON SCHEMA raw_url_finder TO cdp_writer;

GRANT USAGE ON SCHEMA staging TO cdp_writer;

GRANT USAGE ON SCHEMA validators TO cdp_writer;
GRANT USAGE ON SCHEMA validators TO api_ro;
GRANT USAGE ON SCHEMA validators TO analyst;
GRANT USAGE ON SCHEMA validators TO metrics;

GRANT SELECT,INSERT ON TABLE validators.canonical_periods TO cdp_writer;

GRANT UPDATE(is_current) ON TABLE validators.canonical_periods TO cdp_writer;

GRANT UPDATE(superseded_at) ON TABLE validators.canonical_periods TO cdp_writer;

GRANT UPDATE(superseded_by) ON TABLE validators.canonical_periods TO cdp_writer;

GRANT SELECT,INSERT ON TABLE validators.canonical_validator_fees TO cdp_writer;

GRANT UPDATE(is_current) ON TABLE validators.canonical_validator_fees TO cdp_writer;

GRANT UPDATE(superseded_at) ON TABLE validators.canonical_validator_fees TO cdp_writer;

GRANT UPDATE(superseded_by) ON TABLE validators.canonical_validator_fees TO cdp_writer;

GRANT SELECT,INSERT ON TABLE validators.canonical_validator_identities TO cdp_writer;

GRANT UPDATE(is_current) ON TABLE validators.canonical_validator_identities TO cdp_writer;

GRANT UPDATE(superseded_at) ON TABLE validators.canonical_validator_identities TO cdp_writer;

GRANT UPDATE(superseded_by) ON TABLE validators.canonical_validator_identities TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.allocator TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator TO analyst;
GRANT SELECT ON TABLE filplus.allocator TO metrics;
GRANT SELECT ON TABLE filplus.allocator TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.asset_partition_status TO cdp_writer;
GRANT SELECT ON TABLE ops.asset_partition_status TO api_ro;
GRANT SELECT ON TABLE ops.asset_partition_status TO metrics;
GRANT SELECT ON TABLE ops.asset_partition_status TO analyst;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator TO analyst;
GRANT SELECT ON TABLE api_v1.allocator TO metrics;
GRANT SELECT ON TABLE api_v1.allocator TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.allocator_client_stats_daily TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_client_stats_daily TO analyst;
GRANT SELECT ON TABLE filplus.allocator_client_stats_daily TO metrics;
GRANT SELECT ON TABLE filplus.allocator_client_stats_daily TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_client_stats_daily TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_client_stats_daily TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_client_stats_daily TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_client_stats_daily TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.allocator_registry TO cdp_writer;

GRANT SELECT(allocator_id) ON TABLE filplus.allocator_registry TO api_ro;
GRANT SELECT(allocator_id) ON TABLE filplus.allocator_registry TO analyst;
GRANT SELECT(allocator_id) ON TABLE filplus.allocator_registry TO metrics;

GRANT SELECT(rejected) ON TABLE filplus.allocator_registry TO api_ro;
GRANT SELECT(rejected) ON TABLE filplus.allocator_registry TO analyst;
GRANT SELECT(rejected) ON TABLE filplus.allocator_registry TO metrics;

GRANT SELECT(data_type) ON TABLE filplus.allocator_registry TO api_ro;
GRANT SELECT(data_type) ON TABLE filplus.allocator_registry TO analyst;
GRANT SELECT(data_type) ON TABLE filplus.allocator_registry TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.allocator_registry_archive TO cdp_writer;

GRANT SELECT(allocator_id) ON TABLE filplus.allocator_registry_archive TO api_ro;
GRANT SELECT(allocator_id) ON TABLE filplus.allocator_registry_archive TO analyst;
GRANT SELECT(allocator_id) ON TABLE filplus.allocator_registry_archive TO metrics;

GRANT SELECT(rejected) ON TABLE filplus.allocator_registry_archive TO api_ro;
GRANT SELECT(rejected) ON TABLE filplus.allocator_registry_archive TO analyst;
GRANT SELECT(rejected) ON TABLE filplus.allocator_registry_archive TO metrics;

GRANT SELECT(data_type) ON TABLE filplus.allocator_registry_archive TO api_ro;
GRANT SELECT(data_type) ON TABLE filplus.allocator_registry_archive TO analyst;
GRANT SELECT(data_type) ON TABLE filplus.allocator_registry_archive TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.allocator_sps_compliance_weekly TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_sps_compliance_weekly TO api_ro;
GRANT SELECT ON TABLE filplus.allocator_sps_compliance_weekly TO analyst;
GRANT SELECT ON TABLE filplus.allocator_sps_compliance_weekly TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_compliance_by_threshold TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_compliance_by_threshold TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_compliance_by_threshold TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_compliance_by_threshold TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.allocator_compliance_weekly TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_compliance_weekly TO api_ro;
GRANT SELECT ON TABLE filplus.allocator_compliance_weekly TO analyst;
GRANT SELECT ON TABLE filplus.allocator_compliance_weekly TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_compliance_weekly TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_compliance_weekly TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_compliance_weekly TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_compliance_weekly TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.allocator_report TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_report TO api_ro;
GRANT SELECT ON TABLE filplus.allocator_report TO analyst;
GRANT SELECT ON TABLE filplus.allocator_report TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_report TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_report TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_report TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_report TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.allocator_report_check_result TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_report_check_result TO api_ro;
GRANT SELECT ON TABLE filplus.allocator_report_check_result TO analyst;
GRANT SELECT ON TABLE filplus.allocator_report_check_result TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_report_check_result TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_report_check_result TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_report_check_result TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_report_check_result TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.allocator_report_client TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_report_client TO api_ro;
GRANT SELECT ON TABLE filplus.allocator_report_client TO analyst;
GRANT SELECT ON TABLE filplus.allocator_report_client TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_report_client TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_report_client TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_report_client TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_report_client TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.allocator_report_client_allocation TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_report_client_allocation TO api_ro;
GRANT SELECT ON TABLE filplus.allocator_report_client_allocation TO analyst;
GRANT SELECT ON TABLE filplus.allocator_report_client_allocation TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_report_client_allocation TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_report_client_allocation TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_report_client_allocation TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_report_client_allocation TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.allocator_report_client_cid_sharing TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_report_client_cid_sharing TO api_ro;
GRANT SELECT ON TABLE filplus.allocator_report_client_cid_sharing TO analyst;
GRANT SELECT ON TABLE filplus.allocator_report_client_cid_sharing TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_report_client_cid_sharing TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_report_client_cid_sharing TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_report_client_cid_sharing TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_report_client_cid_sharing TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.allocator_report_client_replica_distribution TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_report_client_replica_distribution TO api_ro;
GRANT SELECT ON TABLE filplus.allocator_report_client_replica_distribution TO analyst;
GRANT SELECT ON TABLE filplus.allocator_report_client_replica_distribution TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_report_client_replica_distribution TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_report_client_replica_distribution TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_report_client_replica_distribution TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_report_client_replica_distribution TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.allocator_report_scoring_result TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_report_scoring_result TO api_ro;
GRANT SELECT ON TABLE filplus.allocator_report_scoring_result TO analyst;
GRANT SELECT ON TABLE filplus.allocator_report_scoring_result TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_report_scoring_result TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_report_scoring_result TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_report_scoring_result TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_report_scoring_result TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.allocator_report_scoring_result_range TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_report_scoring_result_range TO api_ro;
GRANT SELECT ON TABLE filplus.allocator_report_scoring_result_range TO analyst;
GRANT SELECT ON TABLE filplus.allocator_report_scoring_result_range TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_report_scoring_result_range TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_report_scoring_result_range TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_report_scoring_result_range TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_report_scoring_result_range TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.allocator_report_storage_provider_distribution TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_report_storage_provider_distribution TO api_ro;
GRANT SELECT ON TABLE filplus.allocator_report_storage_provider_distribution TO analyst;
GRANT SELECT ON TABLE filplus.allocator_report_storage_provider_distribution TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_report_storage_provider_distribution TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_report_storage_provider_distribution TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_report_storage_provider_distribution TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_report_storage_provider_distribution TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.allocator_report_storage_provider_distribution_location TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_report_storage_provider_distribution_location TO api_ro;
GRANT SELECT ON TABLE filplus.allocator_report_storage_provider_distribution_location TO analyst;
GRANT SELECT ON TABLE filplus.allocator_report_storage_provider_distribution_location TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_report_storage_provider_distribution_location TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_report_storage_provider_distribution_location TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_report_storage_provider_distribution_location TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_report_storage_provider_distribution_location TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.allocator_score_explained TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_score_explained TO api_ro;
GRANT SELECT ON TABLE filplus.allocator_score_explained TO analyst;
GRANT SELECT ON TABLE filplus.allocator_score_explained TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_score_explained TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_score_explained TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_score_explained TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_score_explained TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.allocator_score_weekly TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocator_score_weekly TO api_ro;
GRANT SELECT ON TABLE filplus.allocator_score_weekly TO analyst;
GRANT SELECT ON TABLE filplus.allocator_score_weekly TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.allocators_weekly_acc TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocators_weekly_acc TO analyst;
GRANT SELECT ON TABLE filplus.allocators_weekly_acc TO metrics;
GRANT SELECT ON TABLE filplus.allocators_weekly_acc TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_score_groups TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_score_groups TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_score_groups TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_score_groups TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.rule_version TO cdp_writer;
GRANT SELECT ON TABLE filplus.rule_version TO api_ro;
GRANT SELECT ON TABLE filplus.rule_version TO analyst;
GRANT SELECT ON TABLE filplus.rule_version TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_score_shares TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_score_shares TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_score_shares TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_score_shares TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_score_weekly TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_score_weekly TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_score_weekly TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_score_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocator_sps_compliance_weekly TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocator_sps_compliance_weekly TO analyst;
GRANT SELECT ON TABLE api_v1.allocator_sps_compliance_weekly TO metrics;
GRANT SELECT ON TABLE api_v1.allocator_sps_compliance_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.allocators_weekly TO cdp_writer;
GRANT SELECT ON TABLE filplus.allocators_weekly TO analyst;
GRANT SELECT ON TABLE filplus.allocators_weekly TO metrics;
GRANT SELECT ON TABLE filplus.allocators_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocators_weekly TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocators_weekly TO analyst;
GRANT SELECT ON TABLE api_v1.allocators_weekly TO metrics;
GRANT SELECT ON TABLE api_v1.allocators_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.allocators_weekly_acc TO cdp_writer;
GRANT SELECT ON TABLE api_v1.allocators_weekly_acc TO analyst;
GRANT SELECT ON TABLE api_v1.allocators_weekly_acc TO metrics;
GRANT SELECT ON TABLE api_v1.allocators_weekly_acc TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.cid_sharing TO cdp_writer;
GRANT SELECT ON TABLE filplus.cid_sharing TO api_ro;
GRANT SELECT ON TABLE filplus.cid_sharing TO analyst;
GRANT SELECT ON TABLE filplus.cid_sharing TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.cid_sharing TO cdp_writer;
GRANT SELECT ON TABLE api_v1.cid_sharing TO analyst;
GRANT SELECT ON TABLE api_v1.cid_sharing TO metrics;
GRANT SELECT ON TABLE api_v1.cid_sharing TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.client TO cdp_writer;
GRANT SELECT ON TABLE filplus.client TO analyst;
GRANT SELECT ON TABLE filplus.client TO metrics;
GRANT SELECT ON TABLE filplus.client TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client TO analyst;
GRANT SELECT ON TABLE api_v1.client TO metrics;
GRANT SELECT ON TABLE api_v1.client TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.client_allocator_distribution_weekly TO cdp_writer;
GRANT SELECT ON TABLE filplus.client_allocator_distribution_weekly TO analyst;
GRANT SELECT ON TABLE filplus.client_allocator_distribution_weekly TO metrics;
GRANT SELECT ON TABLE filplus.client_allocator_distribution_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client_allocator_distribution_weekly TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client_allocator_distribution_weekly TO analyst;
GRANT SELECT ON TABLE api_v1.client_allocator_distribution_weekly TO metrics;
GRANT SELECT ON TABLE api_v1.client_allocator_distribution_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.client_allocator_distribution_weekly_acc TO cdp_writer;
GRANT SELECT ON TABLE filplus.client_allocator_distribution_weekly_acc TO analyst;
GRANT SELECT ON TABLE filplus.client_allocator_distribution_weekly_acc TO metrics;
GRANT SELECT ON TABLE filplus.client_allocator_distribution_weekly_acc TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client_allocator_distribution_weekly_acc TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client_allocator_distribution_weekly_acc TO analyst;
GRANT SELECT ON TABLE api_v1.client_allocator_distribution_weekly_acc TO metrics;
GRANT SELECT ON TABLE api_v1.client_allocator_distribution_weekly_acc TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.client_claims_hourly TO cdp_writer;
GRANT SELECT ON TABLE filplus.client_claims_hourly TO analyst;
GRANT SELECT ON TABLE filplus.client_claims_hourly TO metrics;
GRANT SELECT ON TABLE filplus.client_claims_hourly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client_claims_hourly TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client_claims_hourly TO analyst;
GRANT SELECT ON TABLE api_v1.client_claims_hourly TO metrics;
GRANT SELECT ON TABLE api_v1.client_claims_hourly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.client_datacap_allocation TO cdp_writer;
GRANT SELECT ON TABLE filplus.client_datacap_allocation TO analyst;
GRANT SELECT ON TABLE filplus.client_datacap_allocation TO metrics;
GRANT SELECT ON TABLE filplus.client_datacap_allocation TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client_datacap_allocation TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client_datacap_allocation TO analyst;
GRANT SELECT ON TABLE api_v1.client_datacap_allocation TO metrics;
GRANT SELECT ON TABLE api_v1.client_datacap_allocation TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.client_provider_distribution TO cdp_writer;
GRANT SELECT ON TABLE filplus.client_provider_distribution TO api_ro;
GRANT SELECT ON TABLE filplus.client_provider_distribution TO analyst;
GRANT SELECT ON TABLE filplus.client_provider_distribution TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client_provider_distribution TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client_provider_distribution TO analyst;
GRANT SELECT ON TABLE api_v1.client_provider_distribution TO metrics;
GRANT SELECT ON TABLE api_v1.client_provider_distribution TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.client_provider_distribution_weekly TO cdp_writer;
GRANT SELECT ON TABLE filplus.client_provider_distribution_weekly TO analyst;
GRANT SELECT ON TABLE filplus.client_provider_distribution_weekly TO metrics;
GRANT SELECT ON TABLE filplus.client_provider_distribution_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client_provider_distribution_weekly TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client_provider_distribution_weekly TO analyst;
GRANT SELECT ON TABLE api_v1.client_provider_distribution_weekly TO metrics;
GRANT SELECT ON TABLE api_v1.client_provider_distribution_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.client_provider_distribution_weekly_acc TO cdp_writer;
GRANT SELECT ON TABLE filplus.client_provider_distribution_weekly_acc TO analyst;
GRANT SELECT ON TABLE filplus.client_provider_distribution_weekly_acc TO metrics;
GRANT SELECT ON TABLE filplus.client_provider_distribution_weekly_acc TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client_provider_distribution_weekly_acc TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client_provider_distribution_weekly_acc TO analyst;
GRANT SELECT ON TABLE api_v1.client_provider_distribution_weekly_acc TO metrics;
GRANT SELECT ON TABLE api_v1.client_provider_distribution_weekly_acc TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.client_replica_distribution TO cdp_writer;
GRANT SELECT ON TABLE filplus.client_replica_distribution TO api_ro;
GRANT SELECT ON TABLE filplus.client_replica_distribution TO analyst;
GRANT SELECT ON TABLE filplus.client_replica_distribution TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client_replica_distribution TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client_replica_distribution TO analyst;
GRANT SELECT ON TABLE api_v1.client_replica_distribution TO metrics;
GRANT SELECT ON TABLE api_v1.client_replica_distribution TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.client_report TO cdp_writer;
GRANT SELECT ON TABLE filplus.client_report TO api_ro;
GRANT SELECT ON TABLE filplus.client_report TO analyst;
GRANT SELECT ON TABLE filplus.client_report TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client_report TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client_report TO analyst;
GRANT SELECT ON TABLE api_v1.client_report TO metrics;
GRANT SELECT ON TABLE api_v1.client_report TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.client_report_check_result TO cdp_writer;
GRANT SELECT ON TABLE filplus.client_report_check_result TO api_ro;
GRANT SELECT ON TABLE filplus.client_report_check_result TO analyst;
GRANT SELECT ON TABLE filplus.client_report_check_result TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client_report_check_result TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client_report_check_result TO analyst;
GRANT SELECT ON TABLE api_v1.client_report_check_result TO metrics;
GRANT SELECT ON TABLE api_v1.client_report_check_result TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.client_report_cid_sharing TO cdp_writer;
GRANT SELECT ON TABLE filplus.client_report_cid_sharing TO api_ro;
GRANT SELECT ON TABLE filplus.client_report_cid_sharing TO analyst;
GRANT SELECT ON TABLE filplus.client_report_cid_sharing TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client_report_cid_sharing TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client_report_cid_sharing TO analyst;
GRANT SELECT ON TABLE api_v1.client_report_cid_sharing TO metrics;
GRANT SELECT ON TABLE api_v1.client_report_cid_sharing TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.client_report_replica_distribution TO cdp_writer;
GRANT SELECT ON TABLE filplus.client_report_replica_distribution TO api_ro;
GRANT SELECT ON TABLE filplus.client_report_replica_distribution TO analyst;
GRANT SELECT ON TABLE filplus.client_report_replica_distribution TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client_report_replica_distribution TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client_report_replica_distribution TO analyst;
GRANT SELECT ON TABLE api_v1.client_report_replica_distribution TO metrics;
GRANT SELECT ON TABLE api_v1.client_report_replica_distribution TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.client_report_storage_provider_distribution TO cdp_writer;
GRANT SELECT ON TABLE filplus.client_report_storage_provider_distribution TO api_ro;
GRANT SELECT ON TABLE filplus.client_report_storage_provider_distribution TO analyst;
GRANT SELECT ON TABLE filplus.client_report_storage_provider_distribution TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client_report_storage_provider_distribution TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client_report_storage_provider_distribution TO analyst;
GRANT SELECT ON TABLE api_v1.client_report_storage_provider_distribution TO metrics;
GRANT SELECT ON TABLE api_v1.client_report_storage_provider_distribution TO api_ro;

GRANT SELECT,INSERT ON TABLE filplus.client_report_storage_provider_distribution_location TO cdp_writer;
GRANT SELECT ON TABLE filplus.client_report_storage_provider_distribution_location TO api_ro;
GRANT SELECT ON TABLE filplus.client_report_storage_provider_distribution_location TO analyst;
GRANT SELECT ON TABLE filplus.client_report_storage_provider_distribution_location TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.client_report_storage_provider_distribution_location TO cdp_writer;
GRANT SELECT ON TABLE api_v1.client_report_storage_provider_distribution_location TO analyst;
GRANT SELECT ON TABLE api_v1.client_report_storage_provider_distribution_location TO metrics;
GRANT SELECT ON TABLE api_v1.client_report_storage_provider_distribution_location TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.clients_stats_daily TO cdp_writer;
GRANT SELECT ON TABLE filplus.clients_stats_daily TO analyst;
GRANT SELECT ON TABLE filplus.clients_stats_daily TO metrics;
GRANT SELECT ON TABLE filplus.clients_stats_daily TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.clients_stats_daily TO cdp_writer;
GRANT SELECT ON TABLE api_v1.clients_stats_daily TO analyst;
GRANT SELECT ON TABLE api_v1.clients_stats_daily TO metrics;
GRANT SELECT ON TABLE api_v1.clients_stats_daily TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.compliance_alerts TO cdp_writer;
GRANT SELECT ON TABLE filplus.compliance_alerts TO api_ro;
GRANT SELECT ON TABLE filplus.compliance_alerts TO analyst;
GRANT SELECT ON TABLE filplus.compliance_alerts TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.compliance_alerts TO cdp_writer;
GRANT SELECT ON TABLE api_v1.compliance_alerts TO analyst;
GRANT SELECT ON TABLE api_v1.compliance_alerts TO metrics;
GRANT SELECT ON TABLE api_v1.compliance_alerts TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.compliance_histogram_weekly TO cdp_writer;
GRANT SELECT ON TABLE filplus.compliance_histogram_weekly TO api_ro;
GRANT SELECT ON TABLE filplus.compliance_histogram_weekly TO analyst;
GRANT SELECT ON TABLE filplus.compliance_histogram_weekly TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.compliance_histogram_weekly TO cdp_writer;
GRANT SELECT ON TABLE api_v1.compliance_histogram_weekly TO analyst;
GRANT SELECT ON TABLE api_v1.compliance_histogram_weekly TO metrics;
GRANT SELECT ON TABLE api_v1.compliance_histogram_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.dashboard_shares TO cdp_writer;
GRANT SELECT ON TABLE api_v1.dashboard_shares TO analyst;
GRANT SELECT ON TABLE api_v1.dashboard_shares TO metrics;
GRANT SELECT ON TABLE api_v1.dashboard_shares TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.ipni_publisher_advertisement TO cdp_writer;
GRANT SELECT ON TABLE filplus.ipni_publisher_advertisement TO api_ro;
GRANT SELECT ON TABLE filplus.ipni_publisher_advertisement TO analyst;
GRANT SELECT ON TABLE filplus.ipni_publisher_advertisement TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.ipni_publisher_advertisement TO cdp_writer;
GRANT SELECT ON TABLE api_v1.ipni_publisher_advertisement TO analyst;
GRANT SELECT ON TABLE api_v1.ipni_publisher_advertisement TO metrics;
GRANT SELECT ON TABLE api_v1.ipni_publisher_advertisement TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.ipni_reporting_daily TO cdp_writer;
GRANT SELECT ON TABLE filplus.ipni_reporting_daily TO api_ro;
GRANT SELECT ON TABLE filplus.ipni_reporting_daily TO analyst;
GRANT SELECT ON TABLE filplus.ipni_reporting_daily TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.ipni_reporting_daily TO cdp_writer;
GRANT SELECT ON TABLE api_v1.ipni_reporting_daily TO analyst;
GRANT SELECT ON TABLE api_v1.ipni_reporting_daily TO metrics;
GRANT SELECT ON TABLE api_v1.ipni_reporting_daily TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.latest_scores TO cdp_writer;
GRANT SELECT ON TABLE api_v1.latest_scores TO analyst;
GRANT SELECT ON TABLE api_v1.latest_scores TO metrics;
GRANT SELECT ON TABLE api_v1.latest_scores TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.old_datacap_balance_nv22 TO cdp_writer;
GRANT SELECT ON TABLE filplus.old_datacap_balance_nv22 TO analyst;
GRANT SELECT ON TABLE filplus.old_datacap_balance_nv22 TO metrics;
GRANT SELECT ON TABLE filplus.old_datacap_balance_nv22 TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.old_datacap_balance_nv22 TO cdp_writer;
GRANT SELECT ON TABLE api_v1.old_datacap_balance_nv22 TO analyst;
GRANT SELECT ON TABLE api_v1.old_datacap_balance_nv22 TO metrics;
GRANT SELECT ON TABLE api_v1.old_datacap_balance_nv22 TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.old_datacap_balance_weekly TO cdp_writer;
GRANT SELECT ON TABLE filplus.old_datacap_balance_weekly TO analyst;
GRANT SELECT ON TABLE filplus.old_datacap_balance_weekly TO metrics;
GRANT SELECT ON TABLE filplus.old_datacap_balance_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.old_datacap_balance_weekly TO cdp_writer;
GRANT SELECT ON TABLE api_v1.old_datacap_balance_weekly TO analyst;
GRANT SELECT ON TABLE api_v1.old_datacap_balance_weekly TO metrics;
GRANT SELECT ON TABLE api_v1.old_datacap_balance_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.old_datacap_client_balance_nv22 TO cdp_writer;
GRANT SELECT ON TABLE filplus.old_datacap_client_balance_nv22 TO analyst;
GRANT SELECT ON TABLE filplus.old_datacap_client_balance_nv22 TO metrics;
GRANT SELECT ON TABLE filplus.old_datacap_client_balance_nv22 TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.old_datacap_client_balance_nv22 TO cdp_writer;
GRANT SELECT ON TABLE api_v1.old_datacap_client_balance_nv22 TO analyst;
GRANT SELECT ON TABLE api_v1.old_datacap_client_balance_nv22 TO metrics;
GRANT SELECT ON TABLE api_v1.old_datacap_client_balance_nv22 TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.old_datacap_client_balance_weekly TO cdp_writer;
GRANT SELECT ON TABLE filplus.old_datacap_client_balance_weekly TO analyst;
GRANT SELECT ON TABLE filplus.old_datacap_client_balance_weekly TO metrics;
GRANT SELECT ON TABLE filplus.old_datacap_client_balance_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.old_datacap_client_balance_weekly TO cdp_writer;
GRANT SELECT ON TABLE api_v1.old_datacap_client_balance_weekly TO analyst;
GRANT SELECT ON TABLE api_v1.old_datacap_client_balance_weekly TO metrics;
GRANT SELECT ON TABLE api_v1.old_datacap_client_balance_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.provider TO cdp_writer;
GRANT SELECT ON TABLE filplus.provider TO analyst;
GRANT SELECT ON TABLE filplus.provider TO metrics;
GRANT SELECT ON TABLE filplus.provider TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.provider TO cdp_writer;
GRANT SELECT ON TABLE api_v1.provider TO analyst;
GRANT SELECT ON TABLE api_v1.provider TO metrics;
GRANT SELECT ON TABLE api_v1.provider TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.retrievability_average_weekly TO cdp_writer;
GRANT SELECT ON TABLE filplus.retrievability_average_weekly TO api_ro;
GRANT SELECT ON TABLE filplus.retrievability_average_weekly TO analyst;
GRANT SELECT ON TABLE filplus.retrievability_average_weekly TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.storage_provider_compliance_weekly TO cdp_writer;
GRANT SELECT ON TABLE filplus.storage_provider_compliance_weekly TO api_ro;
GRANT SELECT ON TABLE filplus.storage_provider_compliance_weekly TO analyst;
GRANT SELECT ON TABLE filplus.storage_provider_compliance_weekly TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.provider_compliance_by_average TO cdp_writer;
GRANT SELECT ON TABLE api_v1.provider_compliance_by_average TO analyst;
GRANT SELECT ON TABLE api_v1.provider_compliance_by_average TO metrics;
GRANT SELECT ON TABLE api_v1.provider_compliance_by_average TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.provider_filscan_info TO cdp_writer;
GRANT SELECT ON TABLE filplus.provider_filscan_info TO api_ro;
GRANT SELECT ON TABLE filplus.provider_filscan_info TO analyst;
GRANT SELECT ON TABLE filplus.provider_filscan_info TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.provider_filscan_info TO cdp_writer;
GRANT SELECT ON TABLE api_v1.provider_filscan_info TO analyst;
GRANT SELECT ON TABLE api_v1.provider_filscan_info TO metrics;
GRANT SELECT ON TABLE api_v1.provider_filscan_info TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.provider_first_client TO cdp_writer;
GRANT SELECT ON TABLE filplus.provider_first_client TO analyst;
GRANT SELECT ON TABLE filplus.provider_first_client TO metrics;
GRANT SELECT ON TABLE filplus.provider_first_client TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.provider_first_client TO cdp_writer;
GRANT SELECT ON TABLE api_v1.provider_first_client TO analyst;
GRANT SELECT ON TABLE api_v1.provider_first_client TO metrics;
GRANT SELECT ON TABLE api_v1.provider_first_client TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.provider_ip_info TO cdp_writer;
GRANT SELECT ON TABLE filplus.provider_ip_info TO api_ro;
GRANT SELECT ON TABLE filplus.provider_ip_info TO analyst;
GRANT SELECT ON TABLE filplus.provider_ip_info TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.provider_ip_info TO cdp_writer;
GRANT SELECT ON TABLE api_v1.provider_ip_info TO analyst;
GRANT SELECT ON TABLE api_v1.provider_ip_info TO metrics;
GRANT SELECT ON TABLE api_v1.provider_ip_info TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.provider_ipni_reporting TO cdp_writer;
GRANT SELECT ON TABLE filplus.provider_ipni_reporting TO api_ro;
GRANT SELECT ON TABLE filplus.provider_ipni_reporting TO analyst;
GRANT SELECT ON TABLE filplus.provider_ipni_reporting TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.provider_ipni_reporting TO cdp_writer;
GRANT SELECT ON TABLE api_v1.provider_ipni_reporting TO analyst;
GRANT SELECT ON TABLE api_v1.provider_ipni_reporting TO metrics;
GRANT SELECT ON TABLE api_v1.provider_ipni_reporting TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.provider_retrievability_daily TO cdp_writer;
GRANT SELECT ON TABLE filplus.provider_retrievability_daily TO api_ro;
GRANT SELECT ON TABLE filplus.provider_retrievability_daily TO analyst;
GRANT SELECT ON TABLE filplus.provider_retrievability_daily TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.provider_retrievability_daily TO cdp_writer;
GRANT SELECT ON TABLE api_v1.provider_retrievability_daily TO analyst;
GRANT SELECT ON TABLE api_v1.provider_retrievability_daily TO metrics;
GRANT SELECT ON TABLE api_v1.provider_retrievability_daily TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.provider_url_finder_retrievability_daily TO cdp_writer;
GRANT SELECT ON TABLE filplus.provider_url_finder_retrievability_daily TO analyst;
GRANT SELECT ON TABLE filplus.provider_url_finder_retrievability_daily TO metrics;
GRANT SELECT ON TABLE filplus.provider_url_finder_retrievability_daily TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.provider_url_finder_retrievability_daily TO cdp_writer;
GRANT SELECT ON TABLE api_v1.provider_url_finder_retrievability_daily TO analyst;
GRANT SELECT ON TABLE api_v1.provider_url_finder_retrievability_daily TO metrics;
GRANT SELECT ON TABLE api_v1.provider_url_finder_retrievability_daily TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.providers_weekly TO cdp_writer;
GRANT SELECT ON TABLE filplus.providers_weekly TO analyst;
GRANT SELECT ON TABLE filplus.providers_weekly TO metrics;
GRANT SELECT ON TABLE filplus.providers_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.providers_weekly TO cdp_writer;
GRANT SELECT ON TABLE api_v1.providers_weekly TO analyst;
GRANT SELECT ON TABLE api_v1.providers_weekly TO metrics;
GRANT SELECT ON TABLE api_v1.providers_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.providers_weekly_acc TO cdp_writer;
GRANT SELECT ON TABLE filplus.providers_weekly_acc TO analyst;
GRANT SELECT ON TABLE filplus.providers_weekly_acc TO metrics;
GRANT SELECT ON TABLE filplus.providers_weekly_acc TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.providers_weekly_acc TO cdp_writer;
GRANT SELECT ON TABLE api_v1.providers_weekly_acc TO analyst;
GRANT SELECT ON TABLE api_v1.providers_weekly_acc TO metrics;
GRANT SELECT ON TABLE api_v1.providers_weekly_acc TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.retrievability_average_weekly TO cdp_writer;
GRANT SELECT ON TABLE api_v1.retrievability_average_weekly TO analyst;
GRANT SELECT ON TABLE api_v1.retrievability_average_weekly TO metrics;
GRANT SELECT ON TABLE api_v1.retrievability_average_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.scores_summary_by_metric TO cdp_writer;
GRANT SELECT ON TABLE api_v1.scores_summary_by_metric TO analyst;
GRANT SELECT ON TABLE api_v1.scores_summary_by_metric TO metrics;
GRANT SELECT ON TABLE api_v1.scores_summary_by_metric TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.storage_provider_compliance_weekly TO cdp_writer;
GRANT SELECT ON TABLE api_v1.storage_provider_compliance_weekly TO analyst;
GRANT SELECT ON TABLE api_v1.storage_provider_compliance_weekly TO metrics;
GRANT SELECT ON TABLE api_v1.storage_provider_compliance_weekly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.storage_provider_url_finder_daily_snapshot TO cdp_writer;
GRANT SELECT ON TABLE filplus.storage_provider_url_finder_daily_snapshot TO api_ro;
GRANT SELECT ON TABLE filplus.storage_provider_url_finder_daily_snapshot TO analyst;
GRANT SELECT ON TABLE filplus.storage_provider_url_finder_daily_snapshot TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.storage_provider_url_finder_daily_snapshot TO cdp_writer;
GRANT SELECT ON TABLE api_v1.storage_provider_url_finder_daily_snapshot TO analyst;
GRANT SELECT ON TABLE api_v1.storage_provider_url_finder_daily_snapshot TO metrics;
GRANT SELECT ON TABLE api_v1.storage_provider_url_finder_daily_snapshot TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.storage_provider_url_finder_metric TO cdp_writer;
GRANT SELECT ON TABLE filplus.storage_provider_url_finder_metric TO api_ro;
GRANT SELECT ON TABLE filplus.storage_provider_url_finder_metric TO analyst;
GRANT SELECT ON TABLE filplus.storage_provider_url_finder_metric TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.storage_provider_url_finder_metric TO cdp_writer;
GRANT SELECT ON TABLE api_v1.storage_provider_url_finder_metric TO analyst;
GRANT SELECT ON TABLE api_v1.storage_provider_url_finder_metric TO metrics;
GRANT SELECT ON TABLE api_v1.storage_provider_url_finder_metric TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.storage_provider_url_finder_metric_value TO cdp_writer;
GRANT SELECT ON TABLE filplus.storage_provider_url_finder_metric_value TO api_ro;
GRANT SELECT ON TABLE filplus.storage_provider_url_finder_metric_value TO analyst;
GRANT SELECT ON TABLE filplus.storage_provider_url_finder_metric_value TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.storage_provider_url_finder_metric_value TO cdp_writer;
GRANT SELECT ON TABLE api_v1.storage_provider_url_finder_metric_value TO analyst;
GRANT SELECT ON TABLE api_v1.storage_provider_url_finder_metric_value TO metrics;
GRANT SELECT ON TABLE api_v1.storage_provider_url_finder_metric_value TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.unified_verified_deal_hourly TO cdp_writer;
GRANT SELECT ON TABLE filplus.unified_verified_deal_hourly TO analyst;
GRANT SELECT ON TABLE filplus.unified_verified_deal_hourly TO metrics;
GRANT SELECT ON TABLE filplus.unified_verified_deal_hourly TO api_ro;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE api_v1.unified_verified_deal_hourly TO cdp_writer;
GRANT SELECT ON TABLE api_v1.unified_verified_deal_hourly TO analyst;
GRANT SELECT ON TABLE api_v1.unified_verified_deal_hourly TO metrics;
GRANT SELECT ON TABLE api_v1.unified_verified_deal_hourly TO api_ro;

GRANT SELECT,INSERT ON TABLE audit.access_log TO cdp_writer;
GRANT INSERT ON TABLE audit.access_log TO cdp_audit;

GRANT USAGE ON SEQUENCE audit.access_log_access_id_seq TO cdp_writer;

GRANT SELECT,INSERT ON TABLE audit.log TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.allocator_client_bookkeeping TO cdp_writer;

GRANT USAGE ON SEQUENCE filplus.allocator_report_report_number_seq TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.edition5_audit_states TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.edition5_audit_times TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.edition5_monthly_outcomes TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE filplus.edition5_pathways TO cdp_writer;

GRANT SELECT,INSERT ON TABLE governance.input_override_withdrawals TO cdp_writer;

GRANT SELECT,INSERT ON TABLE governance.input_overrides TO cdp_writer;

GRANT USAGE ON SEQUENCE governance.input_overrides_override_id_seq TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE governance.organisations TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE governance.users TO cdp_writer;

GRANT SELECT,INSERT,DELETE,TRUNCATE,UPDATE ON TABLE intermediate.client_piece TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE intermediate.client_provider_block TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE intermediate.client_provider_claims_weekly_acc TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE intermediate.client_provider_piece_weekly TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE intermediate.client_provider_repeated_piece_weekly TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE intermediate.client_provider_totals TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.alerts TO cdp_writer;
GRANT SELECT ON TABLE ops.alerts TO api_ro;
GRANT SELECT ON TABLE ops.alerts TO metrics;
GRANT SELECT ON TABLE ops.alerts TO analyst;

GRANT USAGE ON SEQUENCE ops.alerts_alert_id_seq TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.asset_catalog TO cdp_writer;
GRANT SELECT ON TABLE ops.asset_catalog TO api_ro;
GRANT SELECT ON TABLE ops.asset_catalog TO metrics;
GRANT SELECT ON TABLE ops.asset_catalog TO analyst;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.asset_version TO cdp_writer;
GRANT SELECT ON TABLE ops.asset_version TO api_ro;
GRANT SELECT ON TABLE ops.asset_version TO metrics;
GRANT SELECT ON TABLE ops.asset_version TO analyst;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.column_lineage TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.dbt_project TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.failed_entities TO cdp_writer;
GRANT SELECT ON TABLE ops.failed_entities TO api_ro;
GRANT SELECT ON TABLE ops.failed_entities TO metrics;
GRANT SELECT ON TABLE ops.failed_entities TO analyst;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.freshness TO cdp_writer;
GRANT SELECT ON TABLE ops.freshness TO api_ro;
GRANT SELECT ON TABLE ops.freshness TO metrics;
GRANT SELECT ON TABLE ops.freshness TO analyst;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.ingestion_runs TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.landing_blocks TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.landing_progress TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.open_alerts TO cdp_writer;
GRANT SELECT ON TABLE ops.open_alerts TO api_ro;
GRANT SELECT ON TABLE ops.open_alerts TO metrics;
GRANT SELECT ON TABLE ops.open_alerts TO analyst;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.registry_issues TO cdp_writer;
GRANT SELECT ON TABLE ops.registry_issues TO api_ro;
GRANT SELECT ON TABLE ops.registry_issues TO analyst;
GRANT SELECT ON TABLE ops.registry_issues TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.runs TO cdp_writer;
GRANT SELECT ON TABLE ops.runs TO api_ro;
GRANT SELECT ON TABLE ops.runs TO metrics;

GRANT SELECT ON TABLE ops.schema_version TO api_ro;
GRANT SELECT ON TABLE ops.schema_version TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.source_health TO cdp_writer;
GRANT SELECT ON TABLE ops.source_health TO api_ro;
GRANT SELECT ON TABLE ops.source_health TO metrics;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ops.touched_hours TO cdp_writer;

GRANT SELECT,INSERT,DELETE,TRUNCATE,UPDATE ON TABLE raw_dmob.client_contract TO cdp_writer;

GRANT SELECT,INSERT,DELETE,TRUNCATE,UPDATE ON TABLE raw_dmob.dc_allocation_claim TO cdp_writer;

GRANT SELECT,INSERT,DELETE,TRUNCATE,UPDATE ON TABLE raw_dmob.piece TO cdp_writer;

GRANT USAGE ON SEQUENCE raw_dmob.piece_piece_id_seq TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_dmob.touched_pieces TO cdp_writer;

GRANT SELECT,INSERT,DELETE,TRUNCATE,UPDATE ON TABLE raw_dmob.unified_verified_deal TO cdp_writer;

GRANT SELECT,INSERT,DELETE,TRUNCATE,UPDATE ON TABLE raw_dmob.unique_providers TO cdp_writer;

GRANT SELECT,INSERT,DELETE,TRUNCATE,UPDATE ON TABLE raw_dmob.verified_client TO cdp_writer;

GRANT SELECT,INSERT,DELETE,TRUNCATE,UPDATE ON TABLE raw_dmob.verified_client_allowance TO cdp_writer;

GRANT SELECT,INSERT,DELETE,TRUNCATE,UPDATE ON TABLE raw_dmob.verifier TO cdp_writer;

GRANT SELECT,INSERT,DELETE,TRUNCATE,UPDATE ON TABLE raw_dmob.verifier_allowance TO cdp_writer;

GRANT SELECT,INSERT ON TABLE raw_edition5.files TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_filscan.answers TO cdp_writer;

GRANT USAGE ON SEQUENCE raw_filscan.answers_answer_id_seq TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_filspark.answers TO cdp_writer;

GRANT USAGE ON SEQUENCE raw_filspark.answers_answer_id_seq TO cdp_writer;

GRANT USAGE ON SEQUENCE raw_github.seen TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_github.answers TO cdp_writer;

GRANT USAGE ON SEQUENCE raw_github.answers_answer_id_seq TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_ipinfo.answers TO cdp_writer;

GRANT USAGE ON SEQUENCE raw_ipinfo.answers_answer_id_seq TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_ipni.advertisement TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_ipni.answers TO cdp_writer;

GRANT USAGE ON SEQUENCE raw_ipni.answers_answer_id_seq TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_ipni.broken_link TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_ipni.provider_reporting TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_ipni.publisher TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_lotus.answers TO cdp_writer;

GRANT USAGE ON SEQUENCE raw_lotus.answers_answer_id_seq TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_lotus.client_status TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_lotus.miner_info TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_url_finder.answers TO cdp_writer;

GRANT USAGE ON SEQUENCE raw_url_finder.answers_answer_id_seq TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_url_finder.client_working_url TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE raw_url_finder.provider_retrievability TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE staging.staging_payloads TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE staging.staging_fees TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE staging.staging_meta TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE staging.staging_mev TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE staging.staging_periods TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE staging.staging_rewards TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE validators.canonical_periods__solana_mainnet TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE validators.canonical_provenance TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE validators.canonical_validator_fees__solana_mainnet TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE validators.canonical_validator_identities__solana_mainnet TO cdp_writer;

GRANT SELECT,INSERT ON TABLE validators.chain_configs TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE validators.chain_registry TO cdp_writer;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE validators.validator_identity_ranges TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA api_v1 GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA api_v1 GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA audit GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA audit GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA filplus GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA filplus GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA governance GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA governance GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA intermediate GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA intermediate GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA ops GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA ops GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_dmob GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_dmob GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_filscan GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_filscan GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_filspark GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_filspark GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_github GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_github GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_ipinfo GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_ipinfo GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_ipni GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_ipni GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_lotus GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_lotus GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_url_finder GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA raw_url_finder GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA staging GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA staging GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA validators GRANT USAGE ON SEQUENCES TO cdp_writer;

ALTER DEFAULT PRIVILEGES FOR ROLE cdp_owner IN SCHEMA validators GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO cdp_writer;

