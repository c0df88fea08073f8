{#- The weeks of the window, one row each. -#}
{% macro weeks_of_run() -%}
    select generate_series({{ window_start() }}, {{ window_end() }} - interval '1 second', interval '7 days') as week
{%- endmacro %}

{#- The rules in force in each week of the window, as `cdp_assets.filplus.compliance.statistics_variables` hands
    them in: version, the percentages from which a score is high or medium, and the shares from which and up to which
    an allocator is compliant and not compliant. -#}
{% macro rules_of_weeks() -%}
    select
        r.week,
        r.rule_version,
        r.high_score_percentage,
        r.medium_score_percentage,
        r.compliant_score_share,
        r.non_compliant_score_share
    from (
        values
            (null::timestamp, null::integer, null::numeric, null::numeric, null::numeric, null::numeric)
            {%- for rules in var("rules_of_weeks") %},
            (timestamp '{{ rules.week }}', {{ rules.version }}, {{ rules.high_score_percentage }}, {{ rules.medium_score_percentage }}, {{ rules.compliant_score_share or 'null' }}, {{ rules.non_compliant_score_share or 'null' }})
            {%- endfor %}
    ) r (
        week, rule_version, high_score_percentage, medium_score_percentage, compliant_score_share,
        non_compliant_score_share
    )
    where r.week is not null
{%- endmacro %}
