{{ api_view(source("validators", "canonical_validator_mev"), ages=chains_as_of("canonical_validator_mev")) }}
