{{ api_view(source("filplus_chain", "verifier"), as_of=data_as_of("verifier", "raw_dmob")) }}
