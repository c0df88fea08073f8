{#- Checks of the window that a run wrote; each reads that window only. A failing row is a sample key. -#}

{% test true_in_window(model, expression, partition_column) %}
    select * from {{ model }}
    where {{ in_window(partition_column) }} and ({{ expression }}) is not true
{% endtest %}

{% test actor_ids_in_window(model, columns, partition_column) %}
    select * from {{ model }}
    where {{ in_window(partition_column) }} and (
        {%- for column in columns %}
        {{ column }} !~ '^f0[0-9]+$'{{ " or " if not loop.last }}
        {%- endfor %}
    )
{% endtest %}

{#- Two relations grouped to the same keys have the same sums. -#}
{% test sums_agree_in_window(model, other, keys, sums, partition_column, other_partition_column, other_keys=none) %}
    with ours as (
        select {{ keys | join(", ") }}{% for s in sums %}, sum({{ s }}) as {{ s }}{% endfor %}
        from {{ model }}
        where {{ in_window(partition_column) }}
        group by {{ range(1, keys | length + 1) | join(", ") }}
    ),

    theirs as (
        select
            {%- for key in (other_keys or keys) %} {{ key }} as {{ keys[loop.index0] }},{% endfor -%}
            {%- for s in sums %} sum({{ s }}) as {{ s }}{{ "," if not loop.last }}{% endfor %}
        from {{ other }}
        where {{ in_window(other_partition_column) }}
        group by {{ range(1, keys | length + 1) | join(", ") }}
    )

    select *
    from ours
    full join theirs using ({{ keys | join(", ") }})
    where {% for s in sums %}ours.{{ s }} is distinct from theirs.{{ s }}{{ " or " if not loop.last }}{% endfor %}
{% endtest %}

{#- A running total is the one of the week before plus the week (compliance §13, 3); a first week that was
    built from the history is compared with the history. -#}
{% test running_totals_agree_in_window(model, weekly, pieces) %}
    with weeks as (
        select generate_series({{ window_start() }}, {{ window_end() }} - interval '1 second', interval '7 days') as week
    ),

    before as (
        select week + interval '7 days' as week, client, provider, total_deal_size
        from {{ model }}
        where
            week >= {{ window_start() }} - interval '7 days' and week < {{ window_end() }} - interval '7 days'
            {% if var("accumulate_from") != "snapshot" %}and week >= {{ window_start() }}{% endif %}
        {% if var("accumulate_from") != "snapshot" %}
        union all
        select
            {{ window_start() }}, {{ actor_id("client_id") }}, {{ actor_id("provider_id") }},
            sum(total_deal_size)::bigint
        from {{ pieces }}
        where week < {{ window_start() }}
        group by client_id, provider_id
        {% endif %}
    ),

    expected as (
        select week, client, provider, sum(total_deal_size) as total_deal_size
        from (
            select * from before
            union all
            select week, client, provider, total_deal_size from {{ weekly }} where {{ in_window("week") }}
        ) parts
        group by week, client, provider
    ),

    ours as (
        select week, client, provider, total_deal_size from {{ model }} where {{ in_window("week") }}
    )

    select week, client, provider, ours.total_deal_size, expected.total_deal_size as expected
    from ours
    full join expected using (week, client, provider)
    where ours.total_deal_size is distinct from expected.total_deal_size
        and week in (select week from weeks)
{% endtest %}

{#- A provider has at least as many clients in the running totals as in the week (compliance §13, 5). -#}
{% test at_least_as_many_in_window(model, other, keys, column, partition_column) %}
    select o.*
    from {{ other }} o
    left join {{ model }} m on {% for key in keys %}m.{{ key }} = o.{{ key }}{{ " and " if not loop.last }}{% endfor %}
    where {{ in_window("o." ~ partition_column) }} and coalesce(m.{{ column }}, 0) < o.{{ column }}
{% endtest %}

{#- A rule for every row of an unpartitioned table. -#}
{% test true_in_table(model, expression) %}
    select * from {{ model }} where ({{ expression }}) is not true
{% endtest %}

{% test unique_in_table(model, column) %}
    select {{ column }}, count(*) as rows
    from {{ model }}
    where {{ column }} is not null
    group by {{ column }}
    having count(*) > 1
{% endtest %}

{#- Grants so far are those of the week before plus those of the week (compliance §13, 4). -#}
{% test grants_run_on_in_window(model, weekly) %}
    with expected as (
        select week, client, allocator, sum(num_of_allocations) as num_of_allocations, sum(sum_of_allocations) as sum_of_allocations
        from (
            select week + interval '7 days' as week, client, allocator, num_of_allocations, sum_of_allocations
            from {{ model }}
            where week >= {{ window_start() }} - interval '7 days' and week < {{ window_end() }} - interval '7 days'
            union all
            select week, client, allocator, num_of_allocations, sum_of_allocations
            from {{ weekly }}
            where {{ in_window("week") }}
        ) parts
        group by week, client, allocator
    ),

    ours as (
        select week, client, allocator, num_of_allocations, sum_of_allocations
        from {{ model }}
        where {{ in_window("week") }}
    )

    select week, client, allocator, ours.sum_of_allocations, expected.sum_of_allocations as expected
    from ours
    full join expected using (week, client, allocator)
    where (ours.sum_of_allocations is distinct from expected.sum_of_allocations
        or ours.num_of_allocations is distinct from expected.num_of_allocations)
        and week > timestamp '{{ var("partitions_start") }}' {#- no week is before the first #}
{% endtest %}

{#- Clients and bytes of an allocator and week equal those of its pairs (compliance §13, 6). -#}
{% test totals_of_pairs_in_window(model, pairs) %}
    with expected as (
        select week, allocator, count(*) as num_of_clients, sum(sum_of_allocations) as total_sum_of_allocations
        from {{ pairs }}
        where {{ in_window("week") }}
        group by week, allocator
    ),

    ours as (
        select week, allocator, num_of_clients, total_sum_of_allocations
        from {{ model }}
        where {{ in_window("week") }}
    )

    select week, allocator, ours.total_sum_of_allocations, expected.total_sum_of_allocations as expected
    from ours
    full join expected using (week, allocator)
    where ours.total_sum_of_allocations is distinct from expected.total_sum_of_allocations
        or ours.num_of_clients is distinct from expected.num_of_clients
{% endtest %}

{#- A piece counts once and with its smallest size, so unique bytes grow by at most those of the week, and all
    weeks up to one have at least as many (compliance §13, 3). -#}
{% test unique_grows_at_most_by_the_week_in_window(model, weekly) %}
    select
        o.week, o.client, o.provider, o.unique_data_size, b.unique_data_size as before,
        w.unique_data_size as in_the_week
    from {{ model }} o
    left join {{ model }} b
        on b.week = o.week - interval '7 days' and b.client = o.client and b.provider = o.provider
    left join {{ weekly }} w on w.week = o.week and w.client = o.client and w.provider = o.provider
    where {{ in_window("o.week") }}
        {#- a first week that was built from the history need not have a current week before it #}
        {% if var("accumulate_from") != "snapshot" %}and o.week > {{ window_start() }}{% endif %}
        and o.unique_data_size > coalesce(b.unique_data_size, 0) + coalesce(w.unique_data_size, 0)
{% endtest %}

{#- A column never grows from one week to the next (compliance §13, 10). -#}
{% test never_grows_in_window(model, key, column) %}
    select o.week, o.{{ key }}, o.{{ column }}, b.{{ column }} as before
    from {{ model }} o
    inner join {{ model }} b on b.week = o.week - interval '7 days' and b.{{ key }} = o.{{ key }}
    where {{ in_window("o.week") }} and o.{{ column }} > b.{{ column }}
{% endtest %}

{#- Parts of a whole add up to the total that each of their rows has. -#}
{% test parts_add_up_in_window(model, keys, part, total, partition_column) %}
    select {{ keys | join(", ") }}, {{ total }}, sum({{ part }}) as {{ part }}
    from {{ model }}
    where {{ in_window(partition_column) }}
    group by {{ keys | join(", ") }}, {{ total }}
    having sum({{ part }}) <> {{ total }}
{% endtest %}
