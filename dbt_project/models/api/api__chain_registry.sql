{{ api_view(source("validators", "chain_registry")) }}
