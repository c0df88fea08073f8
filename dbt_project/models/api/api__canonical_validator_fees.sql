{{ api_view(source("validators", "canonical_validator_fees"), ages=chains_as_of("canonical_validator_fees")) }}
