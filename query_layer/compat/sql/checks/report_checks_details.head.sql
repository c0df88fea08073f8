select date_trunc(
        'day', coalesce(:day::timestamptz, :now::timestamptz - interval '1 day'), 'UTC'
    ) as day
