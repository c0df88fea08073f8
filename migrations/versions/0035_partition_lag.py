"""One place that compares what each partition was built from with what its inputs are now."""

from alembic import op

revision = "0035"
down_revision = "0034"

# Columns that a query does not name cost nothing, so the versions are subqueries of the select
# list. They search an index per row and input, and read no more than the row's own window;
# version_to_date alone reads an input from its beginning. Windows of one asset never overlap:
# only the last one before a window can reach into it.
VIEW = """
create view ops.partition_lag with (security_invoker = true) as
select
    l.asset_key,
    l.partition_key,
    l.window_start,
    l.window_end,
    l.input_key,
    l.version_read,
    l.version_now,
    coalesce(l.version_now > l.version_read, false) as is_behind,
    l.version_to_date,
    coalesce(l.version_to_date > l.version_read, false) as is_behind_to_date
from (
    select
        s.asset_key,
        s.partition_key,
        s.window_start,
        s.window_end,
        i.key as input_key,
        i.value::bigint as version_read,
        case k.kind
            when 'changed_hours' then (
                select max(h.version)
                from ops.changed_hours h
                where h.asset_key = i.key
                    and h.hour >= s.window_start and h.hour < s.window_end
            )
            when 'windows' then greatest(
                (
                    select max(p.version)
                    from ops.asset_partition_status p
                    where p.asset_key = i.key
                        and p.window_start >= s.window_start and p.window_start < s.window_end
                ),
                (
                    select case when p.window_end > s.window_start then p.version end
                    from ops.asset_partition_status p
                    where p.asset_key = i.key and p.window_start < s.window_start
                    order by p.window_start desc nulls last
                    limit 1
                )
            )
            when 'same_key' then (
                select p.version
                from ops.asset_partition_status p
                where p.asset_key = i.key and p.partition_key = s.partition_key
            )
            else (select v.version from ops.asset_version v where v.asset_key = i.key)
        end as version_now,
        case k.kind
            when 'changed_hours' then (
                select max(h.version)
                from ops.changed_hours h
                where h.asset_key = i.key and h.hour < s.window_end
            )
            when 'windows' then (
                select max(p.version)
                from ops.asset_partition_status p
                where p.asset_key = i.key and p.window_start < s.window_end
            )
            when 'same_key' then (
                select p.version
                from ops.asset_partition_status p
                where p.asset_key = i.key and p.partition_key = s.partition_key
            )
            else (select v.version from ops.asset_version v where v.asset_key = i.key)
        end as version_to_date
    from ops.asset_partition_status s
    cross join lateral jsonb_each_text(s.input_versions) i
    cross join lateral (
        select case
            when s.partition_key = '' then 'unpartitioned'
            when s.window_start is null then (
                select 'same_key'
                from ops.asset_partition_status p
                where p.asset_key = i.key and p.partition_key <> ''
                order by p.partition_key
                limit 1
            )
            else coalesce(
                (
                    select 'changed_hours'
                    from ops.changed_hours h
                    where h.asset_key = i.key
                    order by h.hour
                    limit 1
                ),
                (
                    select 'windows'
                    from ops.asset_partition_status p
                    where p.asset_key = i.key and p.window_start is not null
                    order by p.window_start desc nulls last
                    limit 1
                )
            )
        end as kind
    ) k
    where i.key <> s.asset_key
) l
"""


def upgrade() -> None:
    op.execute(VIEW)


def downgrade() -> None:
    op.execute("drop view ops.partition_lag")
