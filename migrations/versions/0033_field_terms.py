"""The field's terms: responses and their entities, changed hours, unattributable rows, effects.

Renames only: every row stays, and a downgrade gives everything its older name again.
"""

from collections.abc import Mapping

from alembic import op

revision = "0033"
down_revision = "0032"

SOURCES = ("filscan", "filspark", "ipinfo", "ipni", "lotus", "url_finder")
RESPONSES = tuple(f"raw_{source}" for source in (*SOURCES, "github"))
# Table and column of the response that a row was read from, and its constraint.
READ_FROM = (
    ("raw_ipni", "advertisement", "answer_id", "response_id"),
    ("raw_lotus", "client_status", "answer_id", "response_id"),
    ("raw_lotus", "miner_info", "answer_id", "response_id"),
    ("raw_lotus", "miner_info", "contract_answer_id", "contract_response_id"),
    ("raw_url_finder", "client_working_url", "answer_id", "response_id"),
    ("raw_url_finder", "provider_retrievability", "answer_id", "response_id"),
)
EFFECTS = {"left_out": "skipped", "kept_older": "kept_previous", "noted": "recorded"}
EFFECTS_TEXT = (
    "skipped: it makes no row. kept_previous: the row of its older content stays. recorded: the "
    "row is there, a value of it is not."
)
OLD_EFFECTS_TEXT = (
    "left_out: it makes no row. kept_older: the row of its older content stays. noted: the row is "
    "there, a value of it is not."
)


def upgrade() -> None:
    for schema in RESPONSES:
        _rename_responses(schema, "answer", "response")
    for source in SOURCES:
        op.execute(f"alter table raw_{source}.responses rename column asked to entities")
    for schema, table, old, new in READ_FROM:
        _rename_reference(schema, table, old, new)
    op.execute("alter table ops.touched_hours rename to changed_hours")
    op.execute("alter index ops.touched_hours_pkey rename to changed_hours_pkey")
    op.execute(
        "alter table ops.landing_blocks rename column unplaceable_count to unattributable_count"
    )
    op.execute("alter table raw_dmob.touched_pieces rename to changed_pieces")
    _replace_effects(EFFECTS, EFFECTS_TEXT)


def downgrade() -> None:
    _replace_effects({new: old for old, new in EFFECTS.items()}, OLD_EFFECTS_TEXT)
    op.execute("alter table raw_dmob.changed_pieces rename to touched_pieces")
    op.execute(
        "alter table ops.landing_blocks rename column unattributable_count to unplaceable_count"
    )
    op.execute("alter index ops.changed_hours_pkey rename to touched_hours_pkey")
    op.execute("alter table ops.changed_hours rename to touched_hours")
    for schema, table, old, new in READ_FROM:
        _rename_reference(schema, table, new, old)
    for source in SOURCES:
        op.execute(f"alter table raw_{source}.responses rename column entities to asked")
    for schema in RESPONSES:
        _rename_responses(schema, "response", "answer")


def _rename_responses(schema: str, old: str, new: str) -> None:
    op.execute(f"alter table {schema}.{old}s rename to {new}s")
    op.execute(f"alter table {schema}.{new}s rename column {old}_id to {new}_id")
    op.execute(f"alter index {schema}.{old}s_pkey rename to {new}s_pkey")
    op.execute(f"alter sequence {schema}.{old}s_{old}_id_seq rename to {new}s_{new}_id_seq")


def _rename_reference(schema: str, table: str, old: str, new: str) -> None:
    op.execute(f"alter table {schema}.{table} rename column {old} to {new}")
    op.execute(
        f"alter table {schema}.{table} rename constraint {table}_{old}_fkey to {table}_{new}_fkey"
    )


def _replace_effects(renamed: Mapping[str, str], text: str) -> None:
    op.execute("alter table ops.registry_issues drop constraint registry_issues_effect_check")
    for old, new in renamed.items():
        op.execute(f"update ops.registry_issues set effect = '{new}' where effect = '{old}'")
    effects = ", ".join(f"'{effect}'" for effect in renamed.values())
    op.execute(
        "alter table ops.registry_issues add constraint registry_issues_effect_check "
        f"check (effect in ({effects}))"
    )
    op.execute(f"comment on column ops.registry_issues.effect is '{text}'")
