{#- Totals of the newest report with scores of allocator g.allocator_id that is at least some days old
    (compliance §5.4); days count back from the newest report of all, so the result does not depend on the clock. -#}
{% macro scored_report(days) -%}
    (
        select
            r.data_type,
            sum(e.points) as total,
            sum(e.largest_points) as largest,
            coalesce(100.0 * sum(e.points) / nullif(sum(e.largest_points), 0), 100) as percentage
        from (
            select n.id, n.data_type
            from {{ source("filplus_reports", "allocator_report") }} n
            where
                n.allocator = g.allocator_id
                and n.create_date <= newest.create_date - interval '{{ days }} days'
                and exists (
                    select from {{ source("filplus_scores", "allocator_score_explained") }} x
                    where x.allocator_report_id = n.id
                )
            order by n.create_date desc, n.report_number desc
            limit 1
        ) r
        inner join {{ source("filplus_scores", "allocator_score_explained") }} e on e.allocator_report_id = r.id
        group by r.data_type
    )
{%- endmacro %}

{#- Percentages as the live platform writes them: two decimals, no zero before the point. -#}
{% macro short_percentage(column) -%} to_char({{ column }}, 'FM999.00') {%- endmacro %}
