{{ api_view(source("validators", "validator_identity_ranges"), ages=chains_as_of("canonical_validator_identities")) }}
