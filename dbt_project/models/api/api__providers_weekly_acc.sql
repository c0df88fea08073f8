{{ api_view(ref("providers_weekly_acc"), added=["is_measured"]) }}
