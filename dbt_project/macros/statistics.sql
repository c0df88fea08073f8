{#- Statistics of a day, each with its value one day, week or month before (compliance §7.1). -#}

{#- One row per day of the window that has begun, unit that it is compared by, and side: the day's `instant` is its
    end, of the running day the clock; that of the earlier side lies one unit before. -#}
{% macro statistics_moments() -%}
    select
        d.date,
        u.period_unit,
        s.is_current,
        u.length,
        case when s.is_current then d.date else d.date - u.length end as day,
        case when s.is_current then d.instant else d.instant - u.length end as instant
    from (
        select day as date, least(day + interval '1 day', {{ as_of() }}) as instant
        from generate_series({{ window_start() }}, {{ window_end() }} - interval '1 second', interval '1 day') day
        where day < {{ as_of() }}
    ) d
    cross join (
        values ('day', interval '1 day'), ('week', interval '7 days'), ('month', interval '1 month')
    ) u (period_unit, length)
    cross join (values (true), (false)) s (is_current)
{%- endmacro %}

{#- The table of the statistics: `figures` has date, period_unit, is_current, statistic and value; `kinds` statistic,
    place, value_type and is_increase_negative. Ratios of whole bytes have two decimals, cut (§1.5, bigIntDiv). -#}
{% macro statistics_rows(figures, kinds) -%}
    select
        date_trunc('week', f.date)::timestamp(3) as week,
        f.date::timestamp(3) as date,
        f.period_unit,
        k.statistic,
        k.place::integer as place,
        k.value_type,
        trim_scale(f.value) as value,
        trim_scale(p.value) as previous_value,
        (
            case
                when k.value_type = 'bigint' then trunc(100 * f.value / nullif(p.value, 0)) / 100 - 1
                else f.value / nullif(p.value, 0) - 1
            end
        )::double precision as change,
        k.is_increase_negative
    from {{ figures }} f
    inner join {{ figures }} p
        on p.date = f.date and p.period_unit = f.period_unit and p.statistic = f.statistic and not p.is_current
    inner join {{ kinds }} k on k.statistic = f.statistic
    where f.is_current
{%- endmacro %}
