{{ api_view(source("filplus_reports", "client_report_storage_provider_distribution")) }}
