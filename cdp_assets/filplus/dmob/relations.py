"""The eight relations of DMOB: what is read, how it is typed, when a row counts as changed.

Column names and meanings: compliance §2.1 and source_ddl.sql. Scope: one declaration per relation;
not here: writing rows (``cdp_assets.filplus.dmob.merge``), comparing them
(``cdp_assets.filplus.dmob.changed_blocks``).
"""

from __future__ import annotations

from dataclasses import dataclass

from cdp_assets.filplus.dmob.piece_dictionary import natural_id

SENTINEL_TERM_START = 4_294_967_295  # "not started" of the source, 2^32 - 1 (data README, dirt 1)


@dataclass(frozen=True)
class Column:
    """One landed column.

    Attributes:
        name: Column of the landing table.
        source: Expression over the source relation, as text the same on both sides.
        stage_type: Type in the stage, wide enough for any value of the source.
        compared: Expression over the source that the block comparison hashes; empty takes
            ``source`` as the stage's type.
        landed: Expression over the landing row ``r`` that returns the compared value.
    """

    name: str
    source: str
    stage_type: str = "text"
    landed: str = ""
    compared: str = ""

    @property
    def landed_expression(self) -> str:
        """Return the expression that turns the landed value back into the compared one."""
        return self.landed or f"r.{self.name}"

    @property
    def compared_expression(self) -> str:
        """Return the expression over the source, of the same type as the landed one."""
        return self.compared or f"({self.source})::{self.stage_type}"


@dataclass(frozen=True)
class Relation:
    """One relation of the source and its landing table ``raw_dmob.<table>``.

    Attributes:
        table: Name on both sides.
        columns: Columns in the order of the COPY; the first is the key.
        is_swept: Read by id and block comparison; otherwise compared in full on every sync.
        typed: Select over the stage ``s`` giving the landing columns, all but ``_sync_version``.
        landed_columns: Landing columns in the order of ``typed``.
        unattributable: Condition over the landing of rows that no table can hold.
        instant: UTC instant of a landing row, over its columns: changes count for its hour. Empty
            for a relation whose changes are not recorded by hour.
    """

    table: str
    columns: tuple[Column, ...]
    is_swept: bool = False
    typed: str = ""
    landed_columns: tuple[str, ...] = ()
    unattributable: str = "false"
    instant: str = ""

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


def _without_prefix(column: str) -> str:
    return f"case when left({column}, 2) = 'f0' then substr({column}, 3) else {column} end"


# A number of at most 18 digits without leading zero survives a bigint unchanged. The source writes
# it without f0; where it does not, the text is still stored in _unparsed.
def _actor(column: str) -> str:
    return (
        f"case when translate(s.{column}, '0123456789', '') = ''"
        f" and length(s.{column}) between 1 and 18"
        f" and (left(s.{column}, 1) <> '0' or s.{column} = '0') then s.{column}::bigint end"
    )


def _integer(column: str) -> str:
    return (
        f"case when s.{column} between -9223372036854775808 and 9223372036854775807"
        f" and scale(s.{column}) = 0 then s.{column}::bigint end"
    )


def _landed_actor(column: str, key: str) -> str:
    return f"coalesce(r._unparsed ->> '{key}', r.{column}::text)"


def _landed_integer(column: str, key: str) -> str:
    return f"coalesce((r._unparsed ->> '{key}')::numeric, r.{column})"


# The subquery runs for the few pieces whose natural id was taken, so comparing needs no join.
_LANDED_NATURAL_ID = (
    "case when r.piece_id < 0 then (select "
    + natural_id("p.piece_cid")
    + " from raw_dmob.piece p where p.piece_id = r.piece_id) else r.piece_id end"
)

# The few pieces whose natural id was taken are looked up without a join: a join may give the rows
# back in another order than they were staged in, and the BRIN index on time depends on that order.
_DEAL_TYPED = f"""
select
    t.id, t.deal_id, t.client_id, t.provider_id,
    case
        when t.piece_cid = any(array(select p.piece_cid from raw_dmob.piece p where p.piece_id < 0))
            then (
                select p.piece_id from raw_dmob.piece p
                where p.piece_id < 0 and p.piece_cid = t.piece_cid
            )
        else t.natural_piece_id
    end as piece_id,
    t.piece_size, t.term_start,
    case
        when t.term_start >= 0 and t.term_start < {SENTINEL_TERM_START}
            then timestamp '2020-08-24 22:00:00' + t.term_start * interval '30 seconds'
    end::timestamp(0) as started_at,
    t.created_at, t.slashed_epoch, t.removed, t.sector_id, t.type,
    case
        when (t.client_id is null) <> (t.client is null) or left(t.client, 2) = 'f0'
            or (t.provider_id is null) <> (t.provider is null) or left(t.provider, 2) = 'f0'
            or (t.piece_size is null) <> (t.raw_piece_size is null)
            or (t.term_start is null) <> (t.raw_term_start is null)
            or (t.slashed_epoch is null) <> (t.raw_slashed_epoch is null)
            then jsonb_strip_nulls(jsonb_build_object(
                'clientId',
                case when t.client_id is null or left(t.client, 2) = 'f0' then t.client end,
                'providerId',
                case when t.provider_id is null or left(t.provider, 2) = 'f0' then t.provider end,
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
        {_actor("client_digits")} as client_id,
        {_actor("provider_digits")} as provider_id,
        {_integer("piece_size")} as piece_size,
        {_integer("term_start")} as term_start,
        {_integer("slashed_epoch")} as slashed_epoch,
        {natural_id("s.piece_cid")} as natural_piece_id
    from (
        select *, {_without_prefix("client")} as client_digits,
            {_without_prefix("provider")} as provider_digits
        from stage
    ) s
    offset 0
) t
"""

PLAN = "dmob_sync"  # the function that lands them, and its plan

DEALS = Relation(
    table="unified_verified_deal",
    is_swept=True,
    columns=(
        Column("id", '"id"', "bigint"),
        Column("deal_id", '"dealId"', "bigint"),
        Column("client", '"clientId"', landed=_landed_actor("client_id", "clientId")),
        Column("provider", '"providerId"', landed=_landed_actor("provider_id", "providerId")),
        Column("sector_id", '"sectorId"'),
        Column("piece_cid", '"pieceCid"', landed=_LANDED_NATURAL_ID,
               compared=natural_id('"pieceCid"')),
        Column("piece_size", 'trim_scale("pieceSize")', "numeric",
               landed=_landed_integer("piece_size", "pieceSize")),
        Column("term_start", 'trim_scale("termStart")', "numeric",
               landed=_landed_integer("term_start", "termStart")),
        Column("type", '"type"'),
        Column("created_at", '"createdAt"', "timestamp(6)"),
        Column("slashed_epoch", 'trim_scale("slashedEpoch")', "numeric",
               landed=_landed_integer("slashed_epoch", "slashedEpoch")),
        Column("removed", '"removed"', "boolean"),
    ),
    typed=_DEAL_TYPED,
    landed_columns=(
        "id", "deal_id", "client_id", "provider_id", "piece_id", "piece_size", "term_start",
        "started_at", "created_at", "slashed_epoch", "removed", "sector_id", "type", "_unparsed",
    ),
    unattributable="client_id is null or provider_id is null or started_at is null",
    instant="started_at",
)  # fmt: skip

RELATIONS: tuple[Relation, ...] = (
    DEALS,
    Relation(
        "dc_allocation_claim",
        _plain(id="bigint", client_id="text", type="text"),
        is_swept=True,
    ),
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
        unattributable="address_id is null or verifier_address_id is null or height is null",
        instant="timestamp '2020-08-24 22:00:00' + height * interval '30 seconds'",
    ),
    Relation("client_contract", _plain(id="bigint", address_id="text")),
)  # fmt: skip
