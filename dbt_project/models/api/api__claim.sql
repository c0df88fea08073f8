{{ api_view(source("filplus_chain", "claim"), as_of=data_as_of("unified_verified_deal", "raw_dmob")) }}
