{{ api_view(source("filplus_reports", "compliance_alerts"), added=["limit as limit_value"]) }}
