{{ api_view(source("filplus_reports", "overrides_in_force"), as_of="ops.present_instant()") }}
