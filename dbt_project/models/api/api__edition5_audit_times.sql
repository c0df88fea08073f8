{{ api_view(source("filplus_edition5", "edition5_audit_times")) }}
