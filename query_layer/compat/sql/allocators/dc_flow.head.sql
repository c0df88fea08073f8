select
    coalesce(:cutoffDate::timestamptz, :now::timestamptz) as "cutoffDate",
    case
        when coalesce(:cutoffDate::timestamptz, :now::timestamptz) >= '2025-07-11T00:00Z' then 6
        when coalesce(:cutoffDate::timestamptz, :now::timestamptz) >= '2024-03-01T00:00Z' then 5
        else 4
    end as "filPlusEditionId"
