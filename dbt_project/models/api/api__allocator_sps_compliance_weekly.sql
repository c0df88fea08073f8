{{ api_view(ref("allocator_sps_compliance_weekly")) }}
