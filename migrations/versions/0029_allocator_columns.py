"""Readers need neither the landing nor governance: their rights to both go again.

What the source knows of an allocator's address and datacap stands in filplus.allocator, and a view
with its owner's rights shows the overrides in force.
"""

from alembic import op

from migrations.grants import grant, revoke

revision = "0029"
down_revision = "0028"

READERS = ("api_ro", "analyst", "metrics")
COLUMNS = """
do $$ begin
    if to_regclass('filplus.allocator') is not null then
        alter table filplus.allocator
            add column is_multisig boolean,
            add column is_removed boolean,
            add column ethereum_address text,
            add column datacap_source text,
            add column created_at timestamp(3);
        update filplus.allocator a
        set is_multisig = v.is_multisig, is_removed = v.removed, ethereum_address = v.address_eth,
            datacap_source = v.dc_source,
            created_at = timestamp '2020-08-24 22:00:00' + v.created_at_height * interval '30 seconds'
        from raw_dmob.verifier v
        where v.address_id = a.id;
    end if;
end $$
"""
# With the rights of its owner: readers see these rows and nothing else of the schema.
OVERRIDES = """
create view filplus.overrides_in_force as
select
    o.override_id,
    o.entity_kind,
    o.entity_id,
    o.input_name,
    o.value,
    o.override_id = max(o.override_id) over (
        partition by o.entity_kind, o.entity_id, o.input_name
    ) as is_used,
    o.reason,
    o.requested_by,
    o.approver,
    o.added_at,
    o.expires_at
from governance.input_overrides o
where
    o.added_at <= ops.present_instant()
    and o.expires_at > ops.present_instant()
    and not exists (
        select from governance.input_override_withdrawals w
        where w.override_id = o.override_id and w.withdrawn_at <= ops.present_instant()
    );
comment on view filplus.overrides_in_force is
    'One row per override of an input of reports that holds now, neither expired nor withdrawn.';
comment on column filplus.overrides_in_force.is_used is
    'Reports use this value: of several overrides of one input the last one that holds.';
do $$
declare
    found record;
begin
    for found in
        select a.attname, col_description(a.attrelid, a.attnum) as meaning
        from pg_attribute a
        where a.attrelid = 'governance.input_overrides'::regclass and a.attnum > 0
            and a.attname <> 'run_id'
    loop
        execute format(
            'comment on column filplus.overrides_in_force.%I is %L', found.attname, found.meaning
        );
    end loop;
end
$$;
"""
WITHOUT = """
do $$ begin
    if to_regclass('filplus.allocator') is not null then
        drop view if exists api_v1.allocator;
        alter table filplus.allocator
            drop column is_multisig, drop column is_removed, drop column ethereum_address,
            drop column datacap_source, drop column created_at;
        delete from ops.dbt_project;
    end if;
end $$
"""


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(OVERRIDES)
    grant("select on filplus.overrides_in_force", *READERS)
    revoke("select on governance.input_overrides, governance.input_override_withdrawals", *READERS)
    revoke("usage on schema governance", *READERS)
    revoke(
        "select (address_id, is_multisig, removed, address_eth, dc_source, created_at_height) "
        "on raw_dmob.verifier",
        *READERS,
    )
    revoke("usage on schema raw_dmob", *READERS)


def downgrade() -> None:
    op.execute(WITHOUT)
    op.execute("drop view if exists api_v1.overrides_in_force")
    op.execute("drop view filplus.overrides_in_force")
