-- The requested views that do not exist or may not be read.
select requested.view
from unnest($1::text[]) as requested (view)
where
    to_regclass(requested.view) is null
    or not has_table_privilege(to_regclass(requested.view), 'select')
order by requested.view
