{{ api_view(source("validators", "reconciliation_reports"), renamed=["check as check_code"], ages=chains_as_of("reconciliation_reports")) }}
