{{ api_view(ref("client"), added=["id as client"]) }}
