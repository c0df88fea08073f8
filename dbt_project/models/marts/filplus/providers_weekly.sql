{{ provider_weeks(ref("client_provider_distribution_weekly")) }}
