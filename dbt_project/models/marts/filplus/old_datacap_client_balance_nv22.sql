with allowances as (
    select * from {{ ref("stg_dmob__client_allowances") }}
),

pairs as (
    select * from {{ ref("stg_deals__client_provider_totals") }}
),

granted as (
    select client, sum(allowance_bytes) as allowance_bytes
    from allowances
    where height < {{ start_height() }} and client is not null and {{ in_run() }}
    group by client
),

spent as (
    select {{ actor_id("client_id") }} as client, sum(size_before_start) as spent_bytes
    from pairs
    where size_before_start <> 0 and client_id is not null and {{ in_run() }}
    group by client_id
),

final as (
    select
        g.client,
        greatest(0, g.allowance_bytes - coalesce(s.spent_bytes, 0))::bigint as old_dc_balance
    from granted g
    left join spent s on s.client = g.client
)

select * from final
