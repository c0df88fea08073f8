{{ api_view(source("filplus_compliance", "allocator_sps_compliance_weekly")) }}
