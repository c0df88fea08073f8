select coalesce(
        :week::timestamptz, date_trunc('week', :now::timestamptz - interval '7 days', 'UTC')
    ) as week
