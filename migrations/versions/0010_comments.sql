comment on column filplus.rule_version.version is
    'Version in scoring_rules.yaml.';
comment on column filplus.rule_version.content_hash is
    'SHA-256 of everything in the version that can change a result.';
comment on column filplus.rule_version.effective_from is
    'First UTC day that the version holds for.';
comment on column filplus.rule_version.rules is
    'The whole version as plain values.';
comment on column filplus.rule_version.first_used_at is
    'Clock of the first report that was made with it, UTC.';

comment on column filplus.client_report.id is
    'Key of the row.';
comment on column filplus.client_report.report_id is
    'Permanent id of the report: UUIDv5 of client, day, rules, code and inputs.';
comment on column filplus.client_report.create_date is
    'Clock of the report, UTC.';
comment on column filplus.client_report.client is
    'Client, f0 and a number.';
comment on column filplus.client_report.client_address is
    'Robust address; null when the source has none.';
comment on column filplus.client_report.allocators is
    'All allocators of the client, by row id of the source.';
comment on column filplus.client_report.avg_secs_to_first_deal is
    'Mean seconds from a grant to the next hour with a deal; null: none.';
comment on column filplus.client_report.organization_name is
    'Of the application, else of the source; null: nobody gives one.';
comment on column filplus.client_report.application_url is
    'Of the first allowance; null: none.';
comment on column filplus.client_report.is_public_dataset is
    'The main allocator is open data; without a registry row what the application says; null: neither is known.';
comment on column filplus.client_report.using_client_contract is
    'A smart contract acts for the client.';
comment on column filplus.client_report.client_contract_max_deviation is
    'Of the contract, percent as text; null: none or not seen.';
comment on column filplus.client_report.storage_provider_ids_declared is
    'Providers that the application names.';
comment on column filplus.client_report.available_datacap is
    'Bytes left as the chain says; null: not observed.';
comment on column filplus.client_report.last_datacap_spent is
    'Newest hour with a deal, UTC; null: none.';
comment on column filplus.client_report.last_datacap_received is
    'Newest allowance message, UTC; null: none.';
comment on column filplus.client_report.low_replica_threshold is
    'Of the edition of the first allowance; null: its time is unknown.';
comment on column filplus.client_report.high_replica_threshold is
    'Of the edition of the first allowance; null: its time is unknown.';
comment on column filplus.client_report.allocator_required_copies is
    'Of the main allocator''s registry file; null: none required.';
comment on column filplus.client_report.allocator_required_sps is
    'Of the main allocator''s registry file; null: none required.';
comment on column filplus.client_report.total_requested_amount is
    'Bytes of the application; null: absent or not a size.';
comment on column filplus.client_report.expected_size_of_single_dataset is
    'Bytes of the application; null: absent or not a size.';
comment on column filplus.client_report.total_uniq_data_set_size is
    'Unique bytes over all numbers of replicas.';
comment on column filplus.client_report.report_day is
    'UTC day that the report is of.';
comment on column filplus.client_report.rule_version is
    'Version of scoring_rules.yaml, kept in filplus.rule_version.';
comment on column filplus.client_report.code_version is
    'Version of the code that made the row.';
comment on column filplus.client_report.inputs_hash is
    'SHA-256 of all inputs of the report.';

comment on column filplus.client_report_storage_provider_distribution.client_report_id is
    'Report in filplus.client_report.';
comment on column filplus.client_report_storage_provider_distribution.provider is
    'Storage provider, f0 and a number.';
comment on column filplus.client_report_storage_provider_distribution.total_deal_size is
    'Bytes.';
comment on column filplus.client_report_storage_provider_distribution.unique_data_size is
    'Bytes, each piece once.';
comment on column filplus.client_report_storage_provider_distribution.retrievability_success_rate is
    'Never written: the source was removed; always null.';
comment on column filplus.client_report_storage_provider_distribution.retrievability_success_rate_http is
    'Never written: the source was removed; always null.';
comment on column filplus.client_report_storage_provider_distribution.retrievability_success_rate_url_finder is
    'Newest measurement, 0 to 1; null: not measured.';
comment on column filplus.client_report_storage_provider_distribution.consistent_retrievability is
    'Share of valid CAR files, 0 to 1; null: not measured.';
comment on column filplus.client_report_storage_provider_distribution.inconsistent_retrievability is
    '1 - consistent; null: not measured.';
comment on column filplus.client_report_storage_provider_distribution.ttfb is
    'Newest time to first byte, milliseconds; null: not measured.';
comment on column filplus.client_report_storage_provider_distribution.bandwidth is
    'Newest download speed, Mbps; null: not measured.';
comment on column filplus.client_report_storage_provider_distribution.ipni_reporting_status is
    'OK, MISREPORTING or NOT_REPORTING.';
comment on column filplus.client_report_storage_provider_distribution.ipni_reported_claims_count is
    'Advertised entries; null: no peer or no advertisement.';
comment on column filplus.client_report_storage_provider_distribution.claims_count is
    'Claims of the provider over all clients; null: none.';
comment on column filplus.client_report_storage_provider_distribution.declared_in_application_file is
    'The application names the provider; null: no application.';
comment on column filplus.client_report_storage_provider_distribution.piece_working_url is
    'Address at which a piece was found; null: none or not observed.';

comment on column filplus.client_report_storage_provider_distribution_location.client_report_id is
    'Report in filplus.client_report.';
comment on column filplus.client_report_storage_provider_distribution_location.provider is
    'Storage provider, f0 and a number.';
comment on column filplus.client_report_storage_provider_distribution_location.ip is
    'Address that the place is of; null: not told, or looked up before it was kept.';
comment on column filplus.client_report_storage_provider_distribution_location.city is
    'City; null: unknown.';
comment on column filplus.client_report_storage_provider_distribution_location.region is
    'Region; null: unknown.';
comment on column filplus.client_report_storage_provider_distribution_location.country is
    'Country code; null: unknown.';
comment on column filplus.client_report_storage_provider_distribution_location.loc is
    'Latitude and longitude; null: unknown.';
comment on column filplus.client_report_storage_provider_distribution_location.org is
    'Network that holds the address; null: not told, or looked up before it was kept.';
comment on column filplus.client_report_storage_provider_distribution_location.postal is
    'Postal code; null: not told, or looked up before it was kept.';
comment on column filplus.client_report_storage_provider_distribution_location.timezone is
    'Time zone; null: not told, or looked up before it was kept.';
comment on column filplus.client_report_storage_provider_distribution_location.hostname is
    'Host name; never filled, always null.';

comment on column filplus.client_report_replica_distribution.client_report_id is
    'Report in filplus.client_report.';
comment on column filplus.client_report_replica_distribution.num_of_replicas is
    'Providers that hold the data.';
comment on column filplus.client_report_replica_distribution.total_deal_size is
    'Bytes.';
comment on column filplus.client_report_replica_distribution.unique_data_size is
    'Bytes, each piece once.';
comment on column filplus.client_report_replica_distribution.percentage is
    'Share of the client''s data, percent truncated to two decimals.';

comment on column filplus.client_report_cid_sharing.client_report_id is
    'Report in filplus.client_report.';
comment on column filplus.client_report_cid_sharing.other_client is
    'Client that holds the same pieces.';
comment on column filplus.client_report_cid_sharing.total_deal_size is
    'Bytes.';
comment on column filplus.client_report_cid_sharing.unique_cid_count is
    'Pieces that both hold.';
comment on column filplus.client_report_cid_sharing.other_client_application_url is
    'Of its first allowance; null: none.';

comment on column filplus.client_report_check_result.id is
    'Key of the row.';
comment on column filplus.client_report_check_result.client_report_id is
    'Report in filplus.client_report.';
comment on column filplus.client_report_check_result.create_date is
    'Clock of the report, UTC.';
comment on column filplus.client_report_check_result."check" is
    'Code of the check.';
comment on column filplus.client_report_check_result.result is
    'The check passed.';
comment on column filplus.client_report_check_result.metadata is
    'Message, ids that violate, and limits.';

comment on column filplus.allocator_report.id is
    'Key of the row.';
comment on column filplus.allocator_report.create_date is
    'Clock of the report, UTC.';
comment on column filplus.allocator_report.allocator is
    'Allocator, f0 and a number.';
comment on column filplus.allocator_report.address is
    'Robust address of the allocator; null when the source has none.';
comment on column filplus.allocator_report.name is
    'Name; null when nobody gives one.';
comment on column filplus.allocator_report.multisig is
    'The allocator''s address is a multisig.';
comment on column filplus.allocator_report.clients_number is
    'Client rows of the report.';
comment on column filplus.allocator_report.avg_secs_to_first_deal is
    'Mean seconds from a grant to the next hour with a deal; null: none.';
comment on column filplus.allocator_report.avg_retrievability_success_rate is
    'Never written: the source was removed; always null.';
comment on column filplus.allocator_report.avg_retrievability_success_rate_http is
    'Never written: the source was removed; always null.';
comment on column filplus.allocator_report.avg_retrievability_success_rate_url_finder is
    'Plain mean over provider rows, 0 to 1; one that was not measured counts as 0; null: no provider row.';
comment on column filplus.allocator_report.data_types is
    'Of the registry file.';
comment on column filplus.allocator_report.audit is
    'Of the registry file, trimmed.';
comment on column filplus.allocator_report.required_copies is
    'Of the registry file; null: none required.';
comment on column filplus.allocator_report.required_sps is
    'Of the registry file; null: none required.';
comment on column filplus.allocator_report.all_allocators_score_avg is
    'Mean total of the latest earlier scores of the same type of allocator; null: none.';
comment on column filplus.allocator_report.data_type is
    'openData or enterprise; null: no registry row of the present edition, no score.';
comment on column filplus.allocator_report.is_metaallocator is
    'It gives datacap to virtual allocators; never a peer.';
comment on column filplus.allocator_report.first_audit_ended_at is
    'Of the registry file, UTC; null: no audit, or it is open.';
comment on column filplus.allocator_report.report_day is
    'UTC day that the report is of.';
comment on column filplus.allocator_report.rule_version is
    'Version of scoring_rules.yaml, kept in filplus.rule_version.';
comment on column filplus.allocator_report.code_version is
    'Version of the code that made the row.';
comment on column filplus.allocator_report.inputs_hash is
    'SHA-256 of all inputs of the report.';
comment on column filplus.allocator_report.input_watermarks is
    'Version of each input table as it was read.';

comment on column filplus.allocator_report_client.allocator_report_id is
    'Report in filplus.allocator_report.';
comment on column filplus.allocator_report_client.client_id is
    'Client, f0 and a number.';
comment on column filplus.allocator_report_client.name is
    'Name; null when nobody gives one.';
comment on column filplus.allocator_report_client.allocators is
    'All allocators of the client, by row id of the source.';
comment on column filplus.allocator_report_client.allocations_number is
    'Grants of this allocator to the client.';
comment on column filplus.allocator_report_client.total_allocations is
    'Bytes granted by this allocator.';
comment on column filplus.allocator_report_client.application_url is
    'Of the first allowance; null: none.';
comment on column filplus.allocator_report_client.application_timestamp is
    'Time of the first allowance''s issue, UTC; null: unknown.';
comment on column filplus.allocator_report_client.using_client_contract is
    'A smart contract acts for the client.';
comment on column filplus.allocator_report_client.client_contract_max_deviation is
    'Of the contract, percent as text; null: none or not seen.';
comment on column filplus.allocator_report_client.expected_size_of_single_dataset is
    'Bytes of the application; null: absent or not a size.';
comment on column filplus.allocator_report_client.total_uniq_data_set_size is
    'Unique bytes over all numbers of replicas.';
comment on column filplus.allocator_report_client.last_datacap_spent is
    'Newest hour with a deal, UTC; null: none.';
comment on column filplus.allocator_report_client.last_datacap_received is
    'Newest allowance message, UTC; null: none.';

comment on column filplus.allocator_report_client_replica_distribution.allocator_report_id is
    'Report in filplus.allocator_report.';
comment on column filplus.allocator_report_client_replica_distribution.client_id is
    'Client, f0 and a number.';
comment on column filplus.allocator_report_client_replica_distribution.num_of_replicas is
    'Providers that hold the data.';
comment on column filplus.allocator_report_client_replica_distribution.total_deal_size is
    'Bytes.';
comment on column filplus.allocator_report_client_replica_distribution.unique_data_size is
    'Bytes, each piece once.';
comment on column filplus.allocator_report_client_replica_distribution.percentage is
    'Share of the client''s data, percent truncated to two decimals.';

comment on column filplus.allocator_report_client_cid_sharing.allocator_report_id is
    'Report in filplus.allocator_report.';
comment on column filplus.allocator_report_client_cid_sharing.client_id is
    'Client, f0 and a number.';
comment on column filplus.allocator_report_client_cid_sharing.other_client is
    'Client that holds the same pieces.';
comment on column filplus.allocator_report_client_cid_sharing.total_deal_size is
    'Bytes.';
comment on column filplus.allocator_report_client_cid_sharing.unique_cid_count is
    'Pieces that both hold.';
comment on column filplus.allocator_report_client_cid_sharing.other_client_application_url is
    'Of its first allowance; null: none.';

comment on column filplus.allocator_report_client_allocation.allocator_report_id is
    'Report in filplus.allocator_report.';
comment on column filplus.allocator_report_client_allocation.client_id is
    'Client, f0 and a number.';
comment on column filplus.allocator_report_client_allocation.allocation_number is
    '1, 2, ... by time, then size.';
comment on column filplus.allocator_report_client_allocation.allocation is
    'Bytes, never 0; negative: a removal.';
comment on column filplus.allocator_report_client_allocation."timestamp" is
    'Time of the allowance message, else of its block, UTC.';

comment on column filplus.allocator_report_storage_provider_distribution.allocator_report_id is
    'Report in filplus.allocator_report.';
comment on column filplus.allocator_report_storage_provider_distribution.client_id is
    'Client, f0 and a number.';
comment on column filplus.allocator_report_storage_provider_distribution.provider is
    'Storage provider, f0 and a number.';
comment on column filplus.allocator_report_storage_provider_distribution.total_deal_size is
    'Bytes.';
comment on column filplus.allocator_report_storage_provider_distribution.unique_data_size is
    'Bytes, each piece once.';
comment on column filplus.allocator_report_storage_provider_distribution.retrievability_success_rate is
    'Never written: the source was removed; always null.';
comment on column filplus.allocator_report_storage_provider_distribution.retrievability_success_rate_http is
    'Never written: the source was removed; always null.';
comment on column filplus.allocator_report_storage_provider_distribution.retrievability_success_rate_url_finder is
    'Newest measurement, 0 to 1; null: not measured.';
comment on column filplus.allocator_report_storage_provider_distribution.consistent_retrievability is
    'Share of valid CAR files, 0 to 1; null: not measured.';
comment on column filplus.allocator_report_storage_provider_distribution.inconsistent_retrievability is
    '1 - consistent; null: not measured.';
comment on column filplus.allocator_report_storage_provider_distribution.ttfb is
    'Newest time to first byte, milliseconds; null: not measured.';
comment on column filplus.allocator_report_storage_provider_distribution.bandwidth is
    'Newest download speed, Mbps; null: not measured.';
comment on column filplus.allocator_report_storage_provider_distribution.ipni_reporting_status is
    'OK, MISREPORTING or NOT_REPORTING.';
comment on column filplus.allocator_report_storage_provider_distribution.ipni_reported_claims_count is
    'Advertised entries; null: no peer or no advertisement.';
comment on column filplus.allocator_report_storage_provider_distribution.claims_count is
    'Claims of the provider over all clients; null: none.';
comment on column filplus.allocator_report_storage_provider_distribution.perc_of_total_datacap is
    'Share of the report''s data, percent truncated to two decimals.';

comment on column filplus.allocator_report_storage_provider_distribution_location.allocator_report_id is
    'Report in filplus.allocator_report.';
comment on column filplus.allocator_report_storage_provider_distribution_location.provider is
    'Storage provider, f0 and a number.';
comment on column filplus.allocator_report_storage_provider_distribution_location.ip is
    'Address that the place is of; null: not told, or looked up before it was kept.';
comment on column filplus.allocator_report_storage_provider_distribution_location.city is
    'City; null: unknown.';
comment on column filplus.allocator_report_storage_provider_distribution_location.region is
    'Region; null: unknown.';
comment on column filplus.allocator_report_storage_provider_distribution_location.country is
    'Country code; null: unknown.';
comment on column filplus.allocator_report_storage_provider_distribution_location.loc is
    'Latitude and longitude; null: unknown.';
comment on column filplus.allocator_report_storage_provider_distribution_location.org is
    'Network that holds the address; null: not told, or looked up before it was kept.';
comment on column filplus.allocator_report_storage_provider_distribution_location.postal is
    'Postal code; null: not told, or looked up before it was kept.';
comment on column filplus.allocator_report_storage_provider_distribution_location.timezone is
    'Time zone; null: not told, or looked up before it was kept.';
comment on column filplus.allocator_report_storage_provider_distribution_location.hostname is
    'Host name; never filled, always null.';

comment on column filplus.allocator_report_check_result.id is
    'Key of the row.';
comment on column filplus.allocator_report_check_result.allocator_report_id is
    'Report in filplus.allocator_report.';
comment on column filplus.allocator_report_check_result.create_date is
    'Clock of the report, UTC.';
comment on column filplus.allocator_report_check_result."check" is
    'Code of the check.';
comment on column filplus.allocator_report_check_result.check_name is
    'What people call the check.';
comment on column filplus.allocator_report_check_result.check_description is
    'What the check claims.';
comment on column filplus.allocator_report_check_result.result is
    'The check passed.';
comment on column filplus.allocator_report_check_result.metadata is
    'Message, ids that violate, and limits.';

comment on column filplus.allocator_report_scoring_result.id is
    'Key of the row.';
comment on column filplus.allocator_report_scoring_result.allocator_report_id is
    'Report in filplus.allocator_report.';
comment on column filplus.allocator_report_scoring_result.create_date is
    'Clock of the report, UTC.';
comment on column filplus.allocator_report_scoring_result.score is
    'Points times weight.';
comment on column filplus.allocator_report_scoring_result.metric is
    'Code of the component.';
comment on column filplus.allocator_report_scoring_result.metric_name is
    'What people call the component.';
comment on column filplus.allocator_report_scoring_result.metric_description is
    'What the component measures.';
comment on column filplus.allocator_report_scoring_result.metric_value is
    'In the component''s unit.';
comment on column filplus.allocator_report_scoring_result.metric_average is
    'Of the peers, in the component''s unit; null: no peer.';
comment on column filplus.allocator_report_scoring_result.metric_unit is
    '% or null: a plain number.';
comment on column filplus.allocator_report_scoring_result.metric_value_min is
    'Left end of the scale or range.';
comment on column filplus.allocator_report_scoring_result.metric_value_max is
    'Right end of the scale or range; null: open.';
comment on column filplus.allocator_report_scoring_result.metadata is
    'Message, ids that violate, and limits.';

comment on column filplus.allocator_report_scoring_result_range.id is
    'Key of the row.';
comment on column filplus.allocator_report_scoring_result_range.scoring_result_id is
    'Component in filplus.allocator_report_scoring_result.';
comment on column filplus.allocator_report_scoring_result_range.metric_value_min is
    'Left end of the scale or range.';
comment on column filplus.allocator_report_scoring_result_range.metric_value_max is
    'Right end of the scale or range; null: open.';
comment on column filplus.allocator_report_scoring_result_range.score is
    'Points times weight.';

comment on column filplus.allocator_score_explained.allocator_report_id is
    'Report in filplus.allocator_report.';
comment on column filplus.allocator_score_explained.allocator is
    'Allocator, f0 and a number.';
comment on column filplus.allocator_score_explained.report_day is
    'UTC day that the report is of.';
comment on column filplus.allocator_score_explained.data_type is
    'openData or enterprise; null: no registry row of the present edition, no score.';
comment on column filplus.allocator_score_explained.component is
    'Code of the component.';
comment on column filplus.allocator_score_explained.raw_value is
    'In the component''s unit, before points.';
comment on column filplus.allocator_score_explained.sample_size is
    'Rows that the value is made of.';
comment on column filplus.allocator_score_explained.range_min is
    'Left end of the range that was hit.';
comment on column filplus.allocator_score_explained.range_max is
    'Right end of the range that was hit; null: open.';
comment on column filplus.allocator_score_explained.base_points is
    'Points of that range.';
comment on column filplus.allocator_score_explained.weight is
    'Factor for this type of allocator; 0: excluded.';
comment on column filplus.allocator_score_explained.points is
    'base_points times weight.';
comment on column filplus.allocator_score_explained.largest_points is
    'Most that the component can give this type of allocator.';
comment on column filplus.allocator_score_explained.peers_average is
    'What metric_average holds; null: no peer.';
comment on column filplus.allocator_score_explained.input_watermarks is
    'Version of each input table as it was read.';
comment on column filplus.allocator_score_explained.rule_version is
    'Version of scoring_rules.yaml, kept in filplus.rule_version.';
comment on column filplus.allocator_score_explained.code_version is
    'Version of the code that made the row.';

comment on column filplus.storage_provider_compliance_weekly.week is
    'Monday 00:00 UTC.';
comment on column filplus.storage_provider_compliance_weekly.provider is
    'Storage provider, f0 and a number.';
comment on column filplus.storage_provider_compliance_weekly.num_of_clients is
    'Clients of the provider so far.';
comment on column filplus.storage_provider_compliance_weekly.biggest_client_total_deal_size is
    'Bytes of its biggest client.';
comment on column filplus.storage_provider_compliance_weekly.total_deal_size is
    'Bytes.';
comment on column filplus.storage_provider_compliance_weekly.retrievability is
    'Of the last test day of the week, 0 to 1; 0 where not measured.';
comment on column filplus.storage_provider_compliance_weekly.is_open_data is
    'A client with a public dataset of a non-rejected allocator stores there.';
comment on column filplus.storage_provider_compliance_weekly.open_data_average is
    'Mean retrievability of the week''s open-data providers; null: none.';
comment on column filplus.storage_provider_compliance_weekly.overall_average is
    'Mean retrievability of the week''s providers; null: none.';
comment on column filplus.storage_provider_compliance_weekly.is_above_open_data_average is
    'The first test, against the open-data average.';
comment on column filplus.storage_provider_compliance_weekly.is_above_overall_average is
    'The first test, against the average of all.';
comment on column filplus.storage_provider_compliance_weekly.has_enough_clients is
    'The second test: more than 3 clients.';
comment on column filplus.storage_provider_compliance_weekly.is_spread is
    'The third test: the biggest client has 30 % at most.';
comment on column filplus.storage_provider_compliance_weekly.compliance_score is
    'compliant, partiallyCompliant or nonCompliant.';
comment on column filplus.storage_provider_compliance_weekly.overall_compliance_score is
    'The same with the average of all providers.';
comment on column filplus.storage_provider_compliance_weekly.rule_version is
    'Version of scoring_rules.yaml, kept in filplus.rule_version.';

comment on column filplus.allocator_compliance_weekly.week is
    'Monday 00:00 UTC.';
comment on column filplus.allocator_compliance_weekly.allocator is
    'Allocator, f0 and a number.';
comment on column filplus.allocator_compliance_weekly.check_retrievability is
    'The first test counts; off, it gives its point.';
comment on column filplus.allocator_compliance_weekly.check_number_of_clients is
    'The second test counts; off, it gives its point.';
comment on column filplus.allocator_compliance_weekly.check_total_deal_size is
    'The third test counts; off, it gives its point.';
comment on column filplus.allocator_compliance_weekly.total_datacap is
    'Bytes granted to its clients up to the week.';
comment on column filplus.allocator_compliance_weekly.total_sps is
    'Distinct providers of its clients up to the week.';
comment on column filplus.allocator_compliance_weekly.compliant_sps_percentage is
    'Not truncated; 0 without providers.';
comment on column filplus.allocator_compliance_weekly.partially_compliant_sps_percentage is
    'Not truncated; 0 without providers.';
comment on column filplus.allocator_compliance_weekly.non_compliant_sps_percentage is
    'Not truncated; the rest has no row in the week.';
comment on column filplus.allocator_compliance_weekly.threshold_percentage is
    'Share that makes an allocator compliant.';
comment on column filplus.allocator_compliance_weekly.compliance_score is
    'compliant, partiallyCompliant or nonCompliant.';
comment on column filplus.allocator_compliance_weekly.rule_version is
    'Version of scoring_rules.yaml, kept in filplus.rule_version.';

comment on column filplus.compliance_alerts.entity_type is
    'allocator, client or provider.';
comment on column filplus.compliance_alerts.entity_id is
    'f0 and a number.';
comment on column filplus.compliance_alerts.rule is
    'Code of the check or test that fails.';
comment on column filplus.compliance_alerts.value is
    'What was found.';
comment on column filplus.compliance_alerts."limit" is
    'What the rules of that report or week allow.';
comment on column filplus.compliance_alerts.evidence_query is
    'SQL that shows the rows behind it.';
