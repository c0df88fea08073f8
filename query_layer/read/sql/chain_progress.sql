-- One row per chain with an ended period.
select chain_id, expected_period, latest_ingested, lag_periods, last_success, gaps
from ops.chain_progress
order by chain_id
