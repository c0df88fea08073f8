{{ api_view(source("validators", "canonical_client_stakes"), ages=chains_as_of("canonical_client_stakes")) }}
