-- One row per requested asset that was ever written: all that is polled every second.
select asset_key, version, materialized_at
from ops.asset_version
where asset_key = any($1::text[])
