{{ api_view(source("validators", "fx_rates")) }}
