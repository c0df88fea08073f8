"""The eight relations of DMOB: what is read, how it is typed, when a row counts as changed.

Column names and meanings: compliance §2.1 and source_ddl.sql. Belongs here: one declaration per
relation. Does not: moving or comparing rows (``cdp_assets.filplus.dmob_sync``).
"""

from __future__ import annotations

from dataclasses import dataclass

SENTINEL_TERM_START = 4_294_967_295  # "not started" of the source, 2^32 - 1 (data README, dirt 1)


@dataclass(frozen=True)
class Column:
    """One landed column.

    Attributes:
        name: Column of the landing table.
        source: Expression over the source relation, as text the same on both sides.
        stage_type: Type in the stage, wide enough for whatever the source may hold.
        landed: Expression over the landing row ``r`` that gives the stage's value back.
    """

    name: str
    source: str
    stage_type: str = "text"
    landed: str = ""

    @property
    def landed_expression(self) -> str:
        """Return the expression that turns the landed value back into the source's."""
        return self.landed or f"r.{self.name}"


@dataclass(frozen=True)
class Relation:
    """One relation of the source and its landing table ``raw_dmob.<table>``.

    Attributes:
        table: Name on both sides.
        columns: Columns in the order in which they travel; the first is the key.
        is_swept: Followed by id and block comparison; otherwise compared in full on every sync.
        typed: Select over the stage ``s`` giving the landing columns, all but ``_sync_version``.
        landed_columns: Landing columns in the order of ``typed``.
        landed_from: From-clause that ``Column.landed`` needs beside ``r``.
    """

    table: str
    columns: tuple[Column, ...]
    is_swept: bool = False
    typed: str = ""
    landed_columns: tuple[str, ...] = ()
    landed_from: str = ""

    @property
    def asset_key(self) -> str:
        """Return the key of the landing asset."""
        return f"raw_dmob/{self.table}"

    @property
    def key(self) -> str:
        """Return the key column of the landing."""
        return self.columns[0].name

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the landing columns, without bookkeeping."""
        return self.landed_columns or tuple(c.name for c in self.columns)

    @property
    def typed_query(self) -> str:
        """Return the select that types staged rows."""
        return (
            self.typed
            or "select " + ", ".join(f"s.{c.name}" for c in self.columns) + " from stage s"
        )


def _plain(**types: str) -> tuple[Column, ...]:
    """Declare columns whose landing name is the snake case of the source's camel case."""
    return tuple(
        Column(name, f'"{_camel_case(name)}"', stage_type) for name, stage_type in types.items()
    )


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join({"cid": "CID"}.get(word, word.capitalize()) for word in rest)


# A number of at most 18 digits without leading zero is what a bigint gives back unchanged.
def _actor(column: str) -> str:
    return (
        f"case when translate(s.{column}, '0123456789', '') = '' and length(s.{column}) between 1 and 18"
        f" and (left(s.{column}, 1) <> '0' or s.{column} = '0') then s.{column}::bigint end"
    )


def _whole(column: str) -> str:
    return (
        f"case when s.{column} between -9223372036854775808 and 9223372036854775807"
        f" and scale(s.{column}) = 0 then s.{column}::bigint end"
    )


_DEAL_TYPED = f"""
select
    t.id, t.deal_id, t.client_id, t.provider_id, p.piece_id, t.piece_size, t.term_start,
    case
        when t.term_start >= 0 and t.term_start < {SENTINEL_TERM_START}
            then timestamp '2020-08-24 22:00:00' + t.term_start * interval '30 seconds'
    end::timestamp(0) as started_at,
    t.created_at, t.slashed_epoch, t.removed, t.sector_id, t.type,
    case
        when (t.client_id is null) <> (t.client is null)
            or (t.provider_id is null) <> (t.provider is null)
            or (t.piece_size is null) <> (t.raw_piece_size is null)
            or (t.term_start is null) <> (t.raw_term_start is null)
            or (t.slashed_epoch is null) <> (t.raw_slashed_epoch is null)
            then jsonb_strip_nulls(jsonb_build_object(
                'clientId', case when t.client_id is null then t.client end,
                'providerId', case when t.provider_id is null then t.provider end,
                'pieceSize', case when t.piece_size is null then t.raw_piece_size::text end,
                'termStart', case when t.term_start is null then t.raw_term_start::text end,
                'slashedEpoch', case when t.slashed_epoch is null then t.raw_slashed_epoch::text end
            ))
    end as _unparsed
from (
    select
        s.id, s.deal_id, s.client, s.provider, s.sector_id, s.piece_cid, s.type, s.created_at,
        s.removed,
        s.piece_size as raw_piece_size, s.term_start as raw_term_start,
        s.slashed_epoch as raw_slashed_epoch,
        {_actor("client")} as client_id,
        {_actor("provider")} as provider_id,
        {_whole("piece_size")} as piece_size,
        {_whole("term_start")} as term_start,
        {_whole("slashed_epoch")} as slashed_epoch
    from stage s
    offset 0
) t
left join raw_dmob.piece p
    on hashtextextended(p.piece_cid, 0) = hashtextextended(t.piece_cid, 0)
    and p.piece_cid = t.piece_cid
"""

DEALS = Relation(
    table="unified_verified_deal",
    is_swept=True,
    columns=(
        Column("id", '"id"', "bigint"),
        Column("deal_id", '"dealId"', "bigint"),
        Column("client", '"clientId"', landed="coalesce(r._unparsed ->> 'clientId', r.client_id::text)"),
        Column("provider", '"providerId"', landed="coalesce(r._unparsed ->> 'providerId', r.provider_id::text)"),
        Column("sector_id", '"sectorId"'),
        Column("piece_cid", '"pieceCid"', landed="p.piece_cid"),
        Column("piece_size", 'trim_scale("pieceSize")', "numeric",
               landed="coalesce((r._unparsed ->> 'pieceSize')::numeric, r.piece_size)"),
        Column("term_start", 'trim_scale("termStart")', "numeric",
               landed="coalesce((r._unparsed ->> 'termStart')::numeric, r.term_start)"),
        Column("type", '"type"'),
        Column("created_at", '"createdAt"', "timestamp(6)"),
        Column("slashed_epoch", 'trim_scale("slashedEpoch")', "numeric",
               landed="coalesce((r._unparsed ->> 'slashedEpoch')::numeric, r.slashed_epoch)"),
        Column("removed", '"removed"', "boolean"),
    ),
    typed=_DEAL_TYPED,
    landed_columns=(
        "id", "deal_id", "client_id", "provider_id", "piece_id", "piece_size", "term_start",
        "started_at", "created_at", "slashed_epoch", "removed", "sector_id", "type", "_unparsed",
    ),
    landed_from="left join raw_dmob.piece p on p.piece_id = r.piece_id",
)  # fmt: skip

RELATIONS: tuple[Relation, ...] = (
    DEALS,
    Relation("dc_allocation_claim", _plain(id="bigint", client_id="text", type="text"), is_swept=True),
    Relation(
        "unique_providers",
        (Column("provider_id", 'coalesce("providerId", \'\')'),),
    ),
    Relation(
        "verifier",
        _plain(
            id="bigint", address_id="text", address="text", initial_allowance="numeric",
            allowance="numeric", created_at_height="bigint", audit_trail="text",
            inffered="boolean", name="text", issue_create_timestamp="bigint",
            create_message_timestamp="bigint", is_multisig="boolean", retries="integer",
            removed="boolean", org_name="text", address_eth="text", is_virtual="boolean",
            is_meta_allocator="boolean", dc_source="text",
        ),
    ),
    Relation(
        "verifier_allowance",
        _plain(
            id="bigint", address_id="text", height="bigint", allowance="numeric",
            verifier_id="bigint", audit_trail="text", msg_cid="text",
            issue_create_timestamp="bigint", create_message_timestamp="bigint",
            retries="integer", error="text", audit_status="text", is_virtual="boolean",
            dc_source="text",
        ),
    ),
    Relation(
        "verified_client",
        _plain(
            id="bigint", address_id="text", address="text", verifier_address_id="text",
            initial_allowance="numeric", allowance="numeric", created_at_height="bigint",
            audit_trail="text", name="text", org_name="text",
        ),
    ),
    Relation(
        "verified_client_allowance",
        _plain(
            id="bigint", address_id="text", verifier_address_id="text", height="bigint",
            allowance="numeric", audit_trail="text", issue_create_timestamp="bigint",
            create_message_timestamp="bigint",
        ),
    ),
    Relation("client_contract", _plain(id="bigint", address_id="text")),
)  # fmt: skip
