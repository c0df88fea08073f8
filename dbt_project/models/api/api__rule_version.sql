{{ api_view(source("filplus_scores", "rule_version"), renamed=["version as rule_version"], as_of=data_as_of("allocator_report")) }}
