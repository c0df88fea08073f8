{{ api_view(source("governance", "introducers"), omitted=["contact_email"], as_of="ops.present_instant()") }}
