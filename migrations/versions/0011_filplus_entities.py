"""Deals of the whole history per client and provider, kept by blocks of source ids (§3.16, §3.20).

A block's rows are replaced when the landing changed in it, so a total never needs the history
again. The version of a landing block says since when that is.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

TABLES = """
alter table ops.landing_blocks add column version bigint not null default 0;
comment on column ops.landing_blocks.version is
    'Version of the landing that last changed a row of the block.';

create index dc_allocation_claim_by_active_client
    on raw_dmob.dc_allocation_claim (client_id) where type <> 'allocation';

create table intermediate.client_provider_block (
    block bigint not null,
    client_id bigint not null,
    provider_id bigint not null,
    num_of_rows bigint not null,
    num_of_deals bigint not null,
    total_deal_size numeric not null,
    size_before_start numeric not null,
    last_deal_height bigint,
    first_deal_height bigint,
    primary key (block, client_id, provider_id)
);
create index on intermediate.client_provider_block (client_id, provider_id);
comment on table intermediate.client_provider_block is
    'What each block of 65,536 source ids adds to intermediate.client_provider_totals; columns as there.';

create table intermediate.client_provider_totals (
    client_id bigint not null,
    provider_id bigint not null,
    num_of_rows bigint not null check (num_of_rows > 0),
    num_of_deals bigint not null check (num_of_deals >= 0),
    total_deal_size numeric not null,
    size_before_start numeric not null,
    last_deal_height bigint,
    first_deal_height bigint,
    primary key (provider_id, client_id)
);
comment on table intermediate.client_provider_totals is
    'One row per client and provider with deals of any time; client -1 stands for none.';
comment on column intermediate.client_provider_totals.client_id is 'Client number without f0; -1 for deals without a client.';
comment on column intermediate.client_provider_totals.provider_id is 'Provider number without f0.';
comment on column intermediate.client_provider_totals.num_of_rows is 'Landed rows of the pair.';
comment on column intermediate.client_provider_totals.num_of_deals is 'Of these, rows with a sector other than 0 (compliance §3.16).';
comment on column intermediate.client_provider_totals.total_deal_size is 'Bytes of num_of_deals.';
comment on column intermediate.client_provider_totals.size_before_start is 'Bytes of all rows that start before 2024-03-01T00:00Z, whatever their sector (compliance §3.20).';
comment on column intermediate.client_provider_totals.last_deal_height is 'Highest start of num_of_deals; null when none has a usable start.';
comment on column intermediate.client_provider_totals.first_deal_height is 'Lowest start of num_of_deals; null when none has a usable start.';
"""


# A block's columns mean what those of the totals mean.
SAME_WORDS = """
do $$
declare
    col record;
begin
    for col in
        select a.attname, col_description(a.attrelid, a.attnum) as words
        from pg_attribute a
        where a.attrelid = 'intermediate.client_provider_totals'::regclass and a.attnum > 0
    loop
        execute format(
            'comment on column intermediate.client_provider_block.%I is %L', col.attname, col.words
        );
    end loop;
end
$$;
comment on column intermediate.client_provider_block.block is
    'Ids [block * 65536, (block + 1) * 65536) of the source.';
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(SAME_WORDS)


def downgrade() -> None:
    op.execute("drop table intermediate.client_provider_totals, intermediate.client_provider_block")
    op.execute("drop index raw_dmob.dc_allocation_claim_by_active_client")
    op.execute("alter table ops.landing_blocks drop column version")
