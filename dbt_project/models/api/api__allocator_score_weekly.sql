{{ api_view(source("filplus_compliance", "allocator_score_weekly")) }}
