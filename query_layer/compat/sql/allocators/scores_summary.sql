-- The limits of the groups are the caller's, so rows of one report each are counted here.
select
    metric,
    max("metricName") as "metricName",
    max("metricDescription") as "metricDescription",
    max("metricUnit") as "metricUnit",
    jsonb_agg(counts || jsonb_build_object('date', instant(period)) order by period) as data
from (
    select
        g.metric,
        max(g.metric_name) as "metricName",
        max(g.metric_description) as "metricDescription",
        max(g.metric_unit) as "metricUnit",
        g.period::timestamp at time zone 'UTC' as period,
        jsonb_build_object(
            'scoreHighAllocatorsCount', count(*) filter (where g.score_group = 'high'),
            'scoreHighAllocators', case
                when :includeDetails::boolean then coalesce(
                    jsonb_agg(g.details order by g.allocator) filter (
                        where g.score_group = 'high'
                    ), '[]'::jsonb
                )
            end,
            'scoreHighAllocatorsDatacap', coalesce(
                sum(g.total_datacap) filter (where g.score_group = 'high'), 0
            )::text,
            'scoreMediumAllocatorsCount', count(*) filter (where g.score_group = 'medium'),
            'scoreMediumAllocators', case
                when :includeDetails::boolean then coalesce(
                    jsonb_agg(g.details order by g.allocator) filter (
                        where g.score_group = 'medium'
                    ), '[]'::jsonb
                )
            end,
            'scoreMediumAllocatorsDatacap', coalesce(
                sum(g.total_datacap) filter (where g.score_group = 'medium'), 0
            )::text,
            'scoreLowAllocatorsCount', count(*) filter (where g.score_group = 'low'),
            'scoreLowAllocators', case
                when :includeDetails::boolean then coalesce(
                    jsonb_agg(g.details order by g.allocator) filter (
                        where g.score_group = 'low'
                    ), '[]'::jsonb
                )
            end,
            'scoreLowAllocatorsDatacap', coalesce(
                sum(g.total_datacap) filter (where g.score_group = 'low'), 0
            )::text
        ) as counts
    from (
        select
            s.*,
            case
                when s.score_percentage >= :highScoreThreshold::numeric then 'high'
                when s.score_percentage >= :mediumScoreThreshold::numeric then 'medium'
                else 'low'
            end as score_group,
            jsonb_build_object(
                'allocatorId', s.allocator,
                'dataType', s.data_type,
                'reportId', s.allocator_report_id,
                'createDate', instant(s.create_date),
                'totalScore', s.score::text,
                'maxPossibleScore', s.largest_score::text,
                'scorePercentage', s.score_percentage::float8,
                'totalDatacap', s.total_datacap::text
            ) as details
        from (
            select
                allocator, data_type, allocator_report_id, create_date, score, largest_score,
                score_percentage, total_datacap, metric, metric_name, metric_description,
                metric_unit, period, period_unit
            from api_v1.allocator_score_groups
        ) s
        where
            s.period_unit = :groupBy::text
            and (:dataType::text is null or s.data_type = :dataType::text)
    ) g
    group by g.metric, g.period
) p
group by metric
