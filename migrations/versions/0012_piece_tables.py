"""Replica and sharing tables that move with the touched pieces (compliance §3.4, §3.12, §3.13).

The weekly piece table gets columns and another order of its key. It is dropped where an older
release made it: the models of this one make it anew, and its weeks are due.
"""

from alembic import op

from migrations.grants import grant

revision = "0012"
down_revision = "0011"

TOUCHED = """
create table raw_dmob.touched_pieces (
    version bigint not null,
    client_id bigint,
    piece_id bigint not null
);
comment on table raw_dmob.touched_pieces is
    'Clients and pieces of deals that a sync added, changed or took away, as they were and as they are; whoever keeps figures by piece deletes what it has counted anew.';
comment on column raw_dmob.touched_pieces.version is 'Version of the landed deals.';
comment on column raw_dmob.touched_pieces.client_id is 'Client number without f0; null: the landing was filled as a whole, so every piece.';
comment on column raw_dmob.touched_pieces.piece_id is 'Number in raw_dmob.piece; 0 for deals without a CID.';
"""

KEYED = """
create table intermediate.client_piece (
    piece_id bigint not null,
    client_id bigint not null,
    num_of_replicas integer not null,
    total_deal_size bigint not null,
    largest_piece_size bigint not null,
    primary key (piece_id, client_id)
);
create index client_piece_without_size on intermediate.client_piece (client_id, num_of_replicas)
    where total_deal_size = 0;
comment on table intermediate.client_piece is
    'One row per piece and client with a deal of it since the programme start and up to the clock.';
comment on column intermediate.client_piece.piece_id is 'Number in raw_dmob.piece; 0 for deals without a CID.';
comment on column intermediate.client_piece.client_id is 'Client number without f0.';
comment on column intermediate.client_piece.num_of_replicas is 'Providers that hold the piece for the client.';
comment on column intermediate.client_piece.total_deal_size is 'Bytes of all its deals.';
comment on column intermediate.client_piece.largest_piece_size is 'Bytes of the largest of its deals.';
"""

MARTS = """
create table filplus.client_provider_distribution (
    client text not null,
    provider text not null,
    total_deal_size bigint not null,
    unique_data_size bigint not null,
    claims_count bigint not null,
    primary key (client, provider)
);
create index on filplus.client_provider_distribution (provider);
comment on table filplus.client_provider_distribution is
    'One row per client and provider with a deal since the programme start (compliance §3.4).';
comment on column filplus.client_provider_distribution.client is 'Client id, f0 and a number.';
comment on column filplus.client_provider_distribution.provider is 'Storage provider id, f0 and a number.';
comment on column filplus.client_provider_distribution.total_deal_size is 'Bytes (padded piece sizes) of all deals, replicas included. Never null.';
comment on column filplus.client_provider_distribution.unique_data_size is 'Bytes with each piece counted once per client and provider, at its smallest size. Never null, at most total_deal_size.';
comment on column filplus.client_provider_distribution.claims_count is 'Deals and claims. Never null.';

create table filplus.client_replica_distribution (
    client text not null,
    num_of_replicas integer not null,
    total_deal_size bigint not null,
    unique_data_size bigint not null,
    primary key (client, num_of_replicas)
);
comment on table filplus.client_replica_distribution is
    'One row per client and number of replicas: the pieces that just so many providers hold for it (compliance §3.12).';
comment on column filplus.client_replica_distribution.client is 'Client id, f0 and a number.';
comment on column filplus.client_replica_distribution.num_of_replicas is 'Providers that hold each of the pieces, at least 1.';
comment on column filplus.client_replica_distribution.total_deal_size is 'Bytes (padded piece sizes) of all deals of the pieces. Never null.';
comment on column filplus.client_replica_distribution.unique_data_size is 'Bytes with each piece counted once, at its largest size. Never null, at most total_deal_size.';

create table filplus.cid_sharing (
    client text not null,
    other_client text not null,
    total_deal_size bigint not null,
    unique_cid_count integer not null,
    primary key (client, other_client)
);
comment on table filplus.cid_sharing is
    'One row per client and other client that have stored a same piece (compliance §3.13); each pair is there both ways.';
comment on column filplus.cid_sharing.client is 'Client id, f0 and a number.';
comment on column filplus.cid_sharing.other_client is 'Id of the other client, f0 and a number.';
comment on column filplus.cid_sharing.total_deal_size is 'Bytes of the other client''s deals of the shared pieces. Never null.';
comment on column filplus.cid_sharing.unique_cid_count is 'Pieces that both have stored, at least 1; the same both ways.';
"""

REMADE = """
drop table if exists intermediate.client_provider_piece_weekly;
delete from ops.asset_partition_status
where asset_key = 'intermediate/client_provider_piece_weekly';
"""
_NAMES = ("client_provider_distribution", "client_replica_distribution", "cid_sharing")


def upgrade() -> None:
    for statement in (TOUCHED, KEYED, MARTS, REMADE):
        op.execute(statement)
    grant("truncate on intermediate.client_piece", "cdp_writer")
    for name in _NAMES:
        grant(f"select on filplus.{name}", "api_ro", "analyst", "metrics")


def downgrade() -> None:
    for name in _NAMES:
        op.execute(f"drop table filplus.{name} cascade")
    op.execute("drop table intermediate.client_piece, raw_dmob.touched_pieces")
