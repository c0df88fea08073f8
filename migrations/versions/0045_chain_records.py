"""Records of the chain for readers: claims, allocators and their grants, allowances of clients.

Landing is closed to readers, and these columns are public facts. So each is a view with the rights of
its owner, as ``filplus.overrides_in_force`` is. A client's newest claims are found by an index.
"""

from alembic import op

from migrations.grants import grant

revision = "0045"
down_revision = "0044"

READERS = ("api_ro", "analyst", "metrics")
VIEWS = """
create view filplus.claim as
select
    d.id,
    'f0' || d.client_id::text as client,
    'f0' || d.provider_id::text as provider,
    d.deal_id,
    d.deal_id = 0 as is_ddo,
    d.type,
    d.sector_id,
    p.piece_cid,
    d.piece_size,
    d.term_start,
    d.created_at at time zone 'UTC' as created_at
from raw_dmob.unified_verified_deal d
left join raw_dmob.piece p on p.piece_id = d.piece_id;

create view filplus.verifier as
select
    v.id,
    v.address_id as allocator,
    v.address,
    v.name,
    v.org_name,
    v.audit_trail,
    v.initial_allowance,
    v.allowance,
    v.created_at_height,
    v.inffered,
    v.is_multisig,
    v.retries,
    v.removed,
    v.address_eth,
    v.dc_source,
    v.is_virtual,
    v.is_meta_allocator,
    to_timestamp(v.issue_create_timestamp) as issue_created_at,
    to_timestamp(v.create_message_timestamp) as message_created_at
from raw_dmob.verifier v;

create view filplus.verifier_allowance as
select
    a.id,
    a.address_id as allocator,
    a.height,
    a.allowance,
    a.audit_trail,
    a.audit_status,
    a.msg_cid,
    a.error,
    a.retries,
    a.dc_source,
    a.is_virtual,
    to_timestamp(a.issue_create_timestamp) as issue_created_at,
    to_timestamp(a.create_message_timestamp) as message_created_at
from raw_dmob.verifier_allowance a;

create view filplus.verified_client as
select
    c.id,
    c.address_id as client,
    c.address,
    c.name,
    c.org_name,
    c.verifier_address_id as allocator,
    c.initial_allowance,
    c.allowance as remaining_datacap,
    c.initial_allowance - c.allowance as used_datacap,
    c.created_at_height,
    c.audit_trail
from raw_dmob.verified_client c;
"""
NEWEST_OF_CLIENT = """
create index unified_verified_deal_by_client on raw_dmob.unified_verified_deal (
    ('f0' || client_id::text), (created_at at time zone 'UTC') nulls first, id
)
"""
NAMES = ("claim", "verifier", "verifier_allowance", "verified_client")


def upgrade() -> None:
    op.execute(VIEWS)
    op.execute(NEWEST_OF_CLIENT)
    for name in NAMES:
        grant(f"select on filplus.{name}", *READERS)


def downgrade() -> None:
    op.execute("drop index raw_dmob.unified_verified_deal_by_client")
    for name in NAMES:
        op.execute(f"drop view filplus.{name}")
