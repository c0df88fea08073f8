comment on column filplus.retrievability_average_weekly.week is
    'Monday 00:00 UTC.';
comment on column filplus.retrievability_average_weekly.average_of is
    'Whose mean retrievability is R: all providers, open_data (of any edition), open_data_edition_5 or open_data_edition_6: of non-rejected allocators of that edition.';
comment on column filplus.retrievability_average_weekly.num_of_providers is
    'Providers of the week that the mean is over.';
comment on column filplus.retrievability_average_weekly.average_retrievability is
    'Plain mean over providers, 0 to 1, zeros included; null: there is none.';

comment on column filplus.allocator_sps_compliance_weekly.week is
    'Monday 00:00 UTC.';
comment on column filplus.allocator_sps_compliance_weekly.allocator is
    'Allocator, f0 and a number.';
comment on column filplus.allocator_sps_compliance_weekly.average_of is
    'Whose mean retrievability is R: all providers, open_data (of any edition), open_data_edition_5 or open_data_edition_6: of non-rejected allocators of that edition.';
comment on column filplus.allocator_sps_compliance_weekly.check_retrievability is
    'The first test counts; off, it gives its point.';
comment on column filplus.allocator_sps_compliance_weekly.check_number_of_clients is
    'The second test counts; off, it gives its point.';
comment on column filplus.allocator_sps_compliance_weekly.check_total_deal_size is
    'The third test counts; off, it gives its point.';
comment on column filplus.allocator_sps_compliance_weekly.total_datacap is
    'Bytes granted to its clients up to the week.';
comment on column filplus.allocator_sps_compliance_weekly.total_sps is
    'Distinct providers of its clients up to the week.';
comment on column filplus.allocator_sps_compliance_weekly.compliant_sps is
    'Providers that pass every test that counts.';
comment on column filplus.allocator_sps_compliance_weekly.partially_compliant_sps is
    'Providers that pass some of the tests that count.';
comment on column filplus.allocator_sps_compliance_weekly.non_compliant_sps is
    'Providers that pass none; what then lacks to total_sps has no row in the week.';
comment on column filplus.allocator_sps_compliance_weekly.rule_version is
    'Version of scoring_rules.yaml, kept in filplus.rule_version.';

comment on column filplus.compliance_histogram_weekly.week is
    'Monday 00:00 UTC.';
comment on column filplus.compliance_histogram_weekly.subject is
    'allocators or providers.';
comment on column filplus.compliance_histogram_weekly.measure is
    'retrievability and biggest_client_share, in percent, or num_of_clients.';
comment on column filplus.compliance_histogram_weekly.population is
    'all; providers also open_data; allocators also registered (not rejected in registry or archive), edition_5, edition_6, and open_data, which for allocators is open_data_edition_6. No population holds a metaallocator.';
comment on column filplus.compliance_histogram_weekly.value_from_exclusive is
    'Left edge of the bucket, which does not belong to it: percent, or clients.';
comment on column filplus.compliance_histogram_weekly.value_to_inclusive is
    'Right edge of the bucket, which belongs to it: percent, or clients.';
comment on column filplus.compliance_histogram_weekly.num_of_values is
    'Providers or allocators in the bucket; 0 where a missing one was filled.';
comment on column filplus.compliance_histogram_weekly.total_bytes is
    'Bytes of these up to the week: deals of providers, grants of allocators.';
comment on column filplus.compliance_histogram_weekly.week_total is
    'Sum of num_of_values over the buckets of the week.';
comment on column filplus.compliance_histogram_weekly.is_running is
    'The week was not over when it was made; readers leave it out unless they ask for it.';

comment on column filplus.allocator_score_weekly.week is
    'Monday 00:00 UTC.';
comment on column filplus.allocator_score_weekly.month is
    'First of the month of the report, 00:00 UTC; a week across two months has rows of both.';
comment on column filplus.allocator_score_weekly.allocator is
    'Allocator, f0 and a number.';
comment on column filplus.allocator_score_weekly.metric is
    'Code of the component.';
comment on column filplus.allocator_score_weekly.allocator_report_id is
    'Report in filplus.allocator_report.';
comment on column filplus.allocator_score_weekly.create_date is
    'Clock of the report, UTC.';
comment on column filplus.allocator_score_weekly.data_type is
    'openData or enterprise; null: no registry row of the present edition, no score.';
comment on column filplus.allocator_score_weekly.score is
    'Points times weight.';
comment on column filplus.allocator_score_weekly.largest_score is
    'Most points that the component can give this type of allocator.';
comment on column filplus.allocator_score_weekly.score_percentage is
    'Points of the most possible, percent, not truncated; 100 where nothing is possible.';
comment on column filplus.allocator_score_weekly.score_group is
    'high, medium or low by the limits of the rules; api_v1 has the percentage for other limits.';
comment on column filplus.allocator_score_weekly.rule_version is
    'Version of scoring_rules.yaml, kept in filplus.rule_version.';
