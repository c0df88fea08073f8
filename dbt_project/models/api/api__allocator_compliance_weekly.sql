{{ api_view(source("filplus_compliance", "allocator_compliance_weekly")) }}
