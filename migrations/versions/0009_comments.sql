comment on table filplus.storage_provider_url_finder_metric is
    'One row per metric that the URL finder measures; a dictionary.';
comment on column filplus.storage_provider_url_finder_metric.id is
    'UUIDv5 of the metric type.';
comment on column filplus.storage_provider_url_finder_metric.metric_type is
    'TTFB, RPA_RETRIEVABILITY, BANDWIDTH or CAR_FILES.';
comment on column filplus.storage_provider_url_finder_metric.name is
    'Name for people.';
comment on column filplus.storage_provider_url_finder_metric.description is
    'What is measured.';
comment on column filplus.storage_provider_url_finder_metric.unit is
    'Unit that people are shown; stored RPA and CAR values are ratios 0 to 1.';

comment on table filplus.storage_provider_url_finder_daily_snapshot is
    'One row per UTC day and provider that the URL finder knows, also without a measurement.';
comment on column filplus.storage_provider_url_finder_daily_snapshot.id is
    'UUIDv5 of provider and day.';
comment on column filplus.storage_provider_url_finder_daily_snapshot.provider is
    'Provider, f0 and a number.';
comment on column filplus.storage_provider_url_finder_daily_snapshot.snapshot_date is
    'Day 00:00 UTC of the observation.';
comment on column filplus.storage_provider_url_finder_daily_snapshot.tested_at is
    'When the URL finder tested the provider, UTC.';
comment on column filplus.storage_provider_url_finder_daily_snapshot.result_code is
    'How the test ended, upper snake case; a code that is not known is ERROR.';

comment on table filplus.storage_provider_url_finder_metric_value is
    'One row per provider, metric and instant of measurement, of the first day that showed it.';
comment on column filplus.storage_provider_url_finder_metric_value.id is
    'UUIDv5 of provider, metric and tested_at.';
comment on column filplus.storage_provider_url_finder_metric_value.provider is
    'Provider, f0 and a number.';
comment on column filplus.storage_provider_url_finder_metric_value.metric_id is
    'Key of the dictionary of metrics.';
comment on column filplus.storage_provider_url_finder_metric_value.snapshot_id is
    'Snapshot of the first day that showed the value.';
comment on column filplus.storage_provider_url_finder_metric_value.value is
    'Ratio 0 to 1 for RPA and CAR files, milliseconds for TTFB, Mbps for bandwidth. Null: tested, not measured.';
comment on column filplus.storage_provider_url_finder_metric_value.tested_at is
    'Instant of the measurement, UTC.';

comment on table filplus.ipni_publisher_advertisement is
    'One row per advertisement of an IPNI publisher whose entries were counted; removals are rows, too.';
comment on column filplus.ipni_publisher_advertisement.id is
    'CID of the advertisement.';
comment on column filplus.ipni_publisher_advertisement.previous_id is
    'CID of the advertisement before it; null for the first of a chain.';
comment on column filplus.ipni_publisher_advertisement.publisher_id is
    'Peer id that the advertisement names as provider.';
comment on column filplus.ipni_publisher_advertisement.context_id is
    'Context as published, base64.';
comment on column filplus.ipni_publisher_advertisement.entries_number is
    'Multihashes that the advertisement lists; 0 for one without entries.';
comment on column filplus.ipni_publisher_advertisement.is_rm is
    'The advertisement withdraws its context.';

comment on table filplus.ipni_reporting_daily is
    'One row per UTC day with the number of providers by IPNI status.';
comment on column filplus.ipni_reporting_daily.date is
    'Day 00:00 UTC of the observation.';
comment on column filplus.ipni_reporting_daily.ok is
    'Providers that report at least half of their claims.';
comment on column filplus.ipni_reporting_daily.not_reporting is
    'Providers without peer id, advertisement or entries.';
comment on column filplus.ipni_reporting_daily.misreporting is
    'Providers that report less than half of their claims.';
comment on column filplus.ipni_reporting_daily.total is
    'All providers of the source.';

comment on table filplus.provider_ipni_reporting is
    'One row per provider with its IPNI status as last computed; replaced as a whole.';
comment on column filplus.provider_ipni_reporting.provider is
    'Provider, f0 and a number.';
comment on column filplus.provider_ipni_reporting.ipni_reporting_status is
    'OK, NOT_REPORTING or MISREPORTING.';
comment on column filplus.provider_ipni_reporting.ipni_reported_claims_count is
    'Entries advertised under the provider''s peer id. Null: no peer id or no advertisement.';
comment on column filplus.provider_ipni_reporting.claims_count is
    'Claims of the provider over all clients. Null: none.';
comment on column filplus.provider_ipni_reporting.peer_id is
    'Peer id used, from the contract or the node. Null: none is published.';
comment on column filplus.provider_ipni_reporting.data_as_of is
    'Clock of the run that computed the rows, UTC.';

comment on table filplus.provider_ip_info is
    'One row per provider and look-up of its location; history is kept, the newest row counts.';
comment on column filplus.provider_ip_info.provider is
    'Provider, f0 and a number.';
comment on column filplus.provider_ip_info.date is
    'Instant of the look-up, UTC.';
comment on column filplus.provider_ip_info.lat is
    'Latitude in degrees as the service writes it. Null: no location found.';
comment on column filplus.provider_ip_info.long is
    'Longitude in degrees as the service writes it. Null: no location found.';
comment on column filplus.provider_ip_info.country is
    'ISO country code. Null: no location found.';
comment on column filplus.provider_ip_info.region is
    'Region. Null: not found.';
comment on column filplus.provider_ip_info.city is
    'City. Null: not found.';

comment on table filplus.provider_filscan_info is
    'One row per UTC day and provider with what Filscan shows of its account.';
comment on column filplus.provider_filscan_info.date is
    'Day 00:00 UTC of the observation.';
comment on column filplus.provider_filscan_info.provider is
    'Provider, f0 and a number.';
comment on column filplus.provider_filscan_info.account_id is
    'Account as Filscan names it.';
comment on column filplus.provider_filscan_info.balance is
    'Balance in attoFIL. Null: not shown.';
comment on column filplus.provider_filscan_info.available_balance is
    'Balance free to use in attoFIL. Null: not shown.';
comment on column filplus.provider_filscan_info.init_pledge is
    'Initial pledge in attoFIL. Null: not shown.';
comment on column filplus.provider_filscan_info.pre_deposits is
    'Pre-commit deposits in attoFIL. Null: not shown.';
comment on column filplus.provider_filscan_info.locked_balance is
    'Locked rewards in attoFIL. Null: not shown.';
comment on column filplus.provider_filscan_info.quality_adjust_power is
    'Quality-adjusted power in bytes. Null: not shown.';
comment on column filplus.provider_filscan_info.quality_power_rank is
    'Rank by quality-adjusted power, 1 is the largest. Null: not shown.';
comment on column filplus.provider_filscan_info.quality_power_percentage is
    'Share of the network''s power as Filscan writes it. Null: not shown.';
comment on column filplus.provider_filscan_info.raw_power is
    'Raw power in bytes. Null: not shown.';
comment on column filplus.provider_filscan_info.total_block_count is
    'Blocks mined. Null: not shown.';
comment on column filplus.provider_filscan_info.total_win_count is
    'Winning tickets. Null: not shown.';
comment on column filplus.provider_filscan_info.total_reward is
    'Rewards earned in attoFIL. Null: not shown.';
comment on column filplus.provider_filscan_info.sector_size is
    'Bytes of one sector. Null: not shown.';
comment on column filplus.provider_filscan_info.sector_count is
    'Sectors. Null: not shown.';
comment on column filplus.provider_filscan_info.live_sector_count is
    'Live sectors. Null: not shown.';
comment on column filplus.provider_filscan_info.fault_sector_count is
    'Faulty sectors. Null: not shown.';
comment on column filplus.provider_filscan_info.recover_sector_count is
    'Sectors in recovery. Null: not shown.';
comment on column filplus.provider_filscan_info.active_sector_count is
    'Active sectors. Null: not shown.';
comment on column filplus.provider_filscan_info.terminate_sector_count is
    'Terminated sectors. Null: not shown.';

comment on table filplus.provider_retrievability_daily is
    'One row per UTC day and provider with FilSpark''s retrieval tries and successes.';
comment on column filplus.provider_retrievability_daily.date is
    'Day 00:00 UTC that the tries belong to.';
comment on column filplus.provider_retrievability_daily.provider is
    'Provider, f0 and a number.';
comment on column filplus.provider_retrievability_daily.total is
    'Tries of the day.';
comment on column filplus.provider_retrievability_daily.successful is
    'Successful tries of the day.';
comment on column filplus.provider_retrievability_daily.success_rate is
    'Successful tries divided by tries, 0 to 1; 0 without a try.';
comment on column filplus.provider_retrievability_daily.successful_http is
    'Successful tries over HTTP. Null: not told.';
comment on column filplus.provider_retrievability_daily.success_rate_http is
    'Successful HTTP tries divided by tries, 0 to 1. Null: not told.';
