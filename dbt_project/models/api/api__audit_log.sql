{{ api_view(source("audit", "log"), as_of="ops.present_instant()") }}
