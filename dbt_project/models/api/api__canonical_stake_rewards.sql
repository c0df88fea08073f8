{{ api_view(source("validators", "canonical_stake_rewards"), ages=chains_as_of("canonical_stake_rewards")) }}
