-- The asked views that do not exist or may not be read.
select asked.view
from unnest($1::text[]) as asked (view)
where
    to_regclass(asked.view) is null
    or not has_table_privilege(to_regclass(asked.view), 'select')
order by asked.view
