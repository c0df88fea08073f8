{{ allocator_weeks(ref("client_allocator_distribution_weekly_acc"), ref("client_provider_distribution_weekly_acc")) }}
