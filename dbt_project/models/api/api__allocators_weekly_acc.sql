{{ api_view(ref("allocators_weekly_acc"), added=["is_measured"]) }}
