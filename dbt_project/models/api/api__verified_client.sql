{{ api_view(source("filplus_chain", "verified_client"), as_of=data_as_of("verified_client", "raw_dmob")) }}
