{{ api_view(ref("providers_weekly"), added=["is_measured"]) }}
