{{ api_view(source("compliance", "storage_provider_compliance_weekly"), added=["is_measured"]) }}
