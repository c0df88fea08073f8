{{ api_view(source("validators", "canonical_validator_meta"), ages=chains_as_of("canonical_validator_meta")) }}
