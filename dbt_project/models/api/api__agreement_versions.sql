{{ api_view(source("governance", "agreement_versions"), omitted=["range_number"], as_of="ops.present_instant()") }}
