{{ api_view(source("ops", "ingestion_runs"), as_of="ops.present_instant()", periods=source("validators", "canonical_periods")) }}
