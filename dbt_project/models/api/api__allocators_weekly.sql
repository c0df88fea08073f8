{{ api_view(ref("allocators_weekly"), added=["is_measured"]) }}
