{{ allocator_weeks(ref("client_allocator_distribution_weekly"), ref("client_provider_distribution_weekly")) }}
