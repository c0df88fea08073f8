-- One row: the role that logged in, and why it is more than a reader (null: it is not). Roles that it
-- could become by SET ROLE count; partitions are looked at through their parents.
with mine as (
    select oid, rolname, rolsuper, rolbypassrls
    from pg_catalog.pg_roles
    where pg_catalog.pg_has_role(session_user, oid, 'member')
),

writable as (
    select n.nspname || '.' || c.relname as relation
    from pg_catalog.pg_class c
    inner join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where
        c.relkind in ('r', 'p', 'v', 'f')
        and not c.relispartition
        and n.nspname <> 'information_schema'
        and n.nspname !~ '^pg_'
        and exists (
            select from mine
            where pg_catalog.has_table_privilege(
                mine.oid, c.oid, 'insert, update, delete, truncate'
            )
        )
    order by 1
    limit 1
)

select
    session_user::text as role,
    case
        when (select bool_or(rolsuper) from mine) then 'it is a superuser'
        when (select bool_or(rolbypassrls) from mine) then 'it bypasses row security'
        when exists (select from writable)
            then 'it may write ' || (select relation from writable)
    end as reason
