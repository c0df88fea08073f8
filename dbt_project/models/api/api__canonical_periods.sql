{{ api_view(source("validators", "canonical_periods"), ages=chains_as_of("canonical_periods")) }}
