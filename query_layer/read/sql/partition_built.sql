-- Whether rows of a partition were ever written, be it none.
select exists (
    select from ops.asset_partition_status
    where asset_key = $1 and partition_key = $2 and version is not null
)
