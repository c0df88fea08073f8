select
    c.week,
    count(*)::integer as total,
    (
        select a.average_retrievability::float8
        from api_v1.retrievability_average_weekly a
        where
            a.week = c.week
            and a.average_of = 'open_data' || coalesce('_edition_' || :editionId::integer, '')
    ) as "averageUrlFinderSuccessRate",
    jsonb_agg(
        jsonb_build_object(
            'id', c.allocator,
            'totalDatacap', c.total_datacap::text,
            'totalSps', c.total_sps,
            'compliantSpsPercentage',
            coalesce(100.0 * c.compliant_sps / nullif(c.total_sps, 0), 0)::float8,
            'partiallyCompliantSpsPercentage',
            coalesce(100.0 * c.partially_compliant_sps / nullif(c.total_sps, 0), 0)::float8,
            'nonCompliantSpsPercentage',
            coalesce(100.0 * c.non_compliant_sps / nullif(c.total_sps, 0), 0)::float8
        )
        order by c.allocator
    ) as allocators
from api_v1.allocator_sps_compliance_weekly c
where
    c.week < date_trunc('week', :now::timestamptz at time zone 'UTC')::date
    and c.average_of = 'open_data' || coalesce('_edition_' || :editionId::integer, '')
    and c.check_retrievability = :urlFinderRetrievability::boolean
    and c.check_number_of_clients = :numberOfClients::boolean
    and c.check_total_deal_size = :totalDealSize::boolean
    and (
        :editionId::integer is null
        or (:editionId::integer = 4 and c.week <= date '2024-03-01')
        or (
            :editionId::integer = 5
            and c.week >= date '2024-03-01' and c.week <= date '2025-07-11'
        )
        or (:editionId::integer = 6 and c.week >= date '2025-07-11')
    )
    and (
        exists (
            select from api_v1.allocator_registry g
            where
                g.allocator = c.allocator and not g.rejected
                and coalesce(:editionId::integer, 6) = 6
        )
        or exists (
            select from api_v1.allocator_registry_archive g
            where
                g.allocator = c.allocator and not g.rejected
                and coalesce(:editionId::integer, 5) = 5
        )
    )
group by c.week
