{{ api_view(ref("provider"), added=["id as provider"]) }}
