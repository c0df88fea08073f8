"""Statistics of what was just written: when a table is analyzed, and the right to do it."""

from alembic import op

from migrations.grants import grant

revision = "0022"
down_revision = "0021"

# Size on disk is what a writer sees of its own uncommitted rows, and of a truncated table; counters
# of changed rows reach other sessions up to seconds later. 16 pages are about a thousand rows.
FUNCTIONS = """
create function ops.is_outgrown(p_table regclass) returns boolean
language sql stable set search_path = pg_catalog as $$
    select case
        when c.relkind = 'p' then (
            select sum(greatest(l.reltuples, 0)) > 1000 + 1.2 * greatest(c.reltuples, 0)
            from pg_partition_tree(c.oid) t
            inner join pg_class l on l.oid = t.relid
            where t.isleaf
        )
        else pg_relation_size(c.oid) / current_setting('block_size')::bigint
            > 16 + 1.2 * c.relpages
    end
    from pg_class c
    where c.oid = p_table and c.relkind in ('r', 'm', 'p')
$$;
comment on function ops.is_outgrown is
    'Whether a table has grown so much since it was analyzed (by a fifth and 16 pages, or 1,000 rows over all partitions) that a plan made from its statistics may be a bad one.';

create function ops.analyze_stored(p_table regclass) returns void
language plpgsql security definer set search_path = pg_catalog as $$
begin
    execute format('analyze (skip_locked) %s', p_table);
end
$$;
comment on function ops.analyze_stored is
    'Analyze a table with the right of its owner, unless somebody else is at it; writers call ops.analyze_outgrown.';

create function ops.analyze_outgrown(p_table regclass) returns boolean
language plpgsql set search_path = pg_catalog as $$
begin
    if not coalesce(ops.is_outgrown(p_table), false) then
        return false;
    end if;
    if exists (select from pg_class where oid = p_table and relpersistence = 't') then
        execute format('analyze %s', p_table);
    else
        perform ops.analyze_stored(p_table);
        perform ops.analyze_outgrown(root)
        from pg_partition_root(p_table) root
        where root <> p_table;
    end if;
    return not ops.is_outgrown(p_table);
end
$$;
comment on function ops.analyze_outgrown is
    'Analyze a stored or temporary table, and the partitioned table it is part of, if it has outgrown its statistics; return whether that was done (not where another session analyzes it or another role owns it). It works in the transaction that wrote the rows, before anybody reads them.';

create function ops.analyze_outgrown_tables() returns setof regclass
language plpgsql set search_path = pg_catalog as $$
declare
    v_table regclass;
begin
    for v_table in
        select c.oid::regclass
        from pg_class c
        inner join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'm') and c.relpersistence <> 't'
            and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
            and ops.is_outgrown(c.oid)
        order by c.oid
    loop
        if exists (
            select from pg_locks l
            where l.relation = v_table and l.mode = 'RowExclusiveLock'
                and l.pid <> pg_backend_pid()
        ) then
            continue;
        end if;
        if ops.analyze_outgrown(v_table) then
            return next v_table;
        end if;
    end loop;
end
$$;
comment on function ops.analyze_outgrown_tables is
    'Analyze every table that has outgrown its statistics, and return them. One that another session is writing is left to that session, whose rows cannot be seen yet.';
"""


def upgrade() -> None:
    op.execute(FUNCTIONS)
    op.execute("revoke execute on function ops.analyze_stored from public")
    grant("execute on function ops.analyze_stored", "cdp_writer")


def downgrade() -> None:
    op.execute("drop function ops.analyze_outgrown_tables, ops.analyze_outgrown")
    op.execute("drop function ops.analyze_stored, ops.is_outgrown")
