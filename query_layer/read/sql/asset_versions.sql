-- One row per asked asset that was ever written: the whole of what is polled every second.
select asset_key, version, materialized_at
from ops.asset_version
where asset_key = any($1::text[])
