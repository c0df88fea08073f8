{{ api_view(source("governance", "overrides"), as_of="ops.present_instant()") }}
