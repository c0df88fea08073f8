{{ api_view(source("filplus_chain", "verifier_allowance"), as_of=data_as_of("verifier_allowance", "raw_dmob")) }}
