{{ api_view(ref("provider_url_finder_retrievability_daily")) }}
