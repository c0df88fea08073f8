"""Weeks of derived figures, and the lines through scores in the remembered rules (§5.4 to §6.8)."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import op
from sqlalchemy import text

from migrations.grants import grant, revoke

revision = "0018"
down_revision = "0017"

TABLES = """
create table filplus.retrievability_average_weekly (
    week timestamp(3) not null,
    average_of text not null check (
        average_of in ('all', 'open_data', 'open_data_edition_5', 'open_data_edition_6')
    ),
    num_of_providers integer not null check (num_of_providers >= 0),
    average_retrievability numeric,
    primary key (week, average_of)
);
create table filplus.allocator_sps_compliance_weekly (
    week timestamp(3) not null,
    allocator text not null,
    average_of text not null,
    check_retrievability boolean not null,
    check_number_of_clients boolean not null,
    check_total_deal_size boolean not null,
    total_datacap bigint not null,
    total_sps integer not null,
    compliant_sps integer not null,
    partially_compliant_sps integer not null,
    non_compliant_sps integer not null,
    rule_version integer not null,
    primary key (week, allocator, average_of, check_retrievability, check_number_of_clients,
        check_total_deal_size)
);
create table filplus.compliance_histogram_weekly (
    week timestamp(3) not null,
    subject text not null check (subject in ('allocators', 'providers')),
    measure text not null check (
        measure in ('retrievability', 'biggest_client_share', 'num_of_clients')
    ),
    population text not null,
    value_from_exclusive integer not null,
    value_to_inclusive integer not null check (value_to_inclusive > value_from_exclusive),
    num_of_values integer not null check (num_of_values >= 0),
    total_bytes numeric not null,
    week_total integer not null check (week_total >= num_of_values),
    is_running boolean not null,
    primary key (week, subject, measure, population, value_to_inclusive)
);
create table filplus.allocator_score_weekly (
    week timestamp(3) not null,
    month timestamp(3) not null,
    allocator text not null,
    metric text not null,
    allocator_report_id uuid not null,
    create_date timestamp(3) not null,
    data_type text not null check (data_type in ('openData', 'enterprise')),
    score integer not null,
    largest_score integer not null check (largest_score >= score),
    score_percentage numeric not null,
    score_group text not null check (score_group in ('high', 'medium', 'low')),
    rule_version integer not null,
    primary key (week, month, allocator, metric)
);
create index on filplus.allocator_score_weekly (month);
"""
MADE = (
    "retrievability_average_weekly",
    "allocator_sps_compliance_weekly",
    "compliance_histogram_weekly",
    "allocator_score_weekly",
)
# Views run with the reader's own rights.
READ_BESIDES = (
    "select (allocator_id, rejected, data_type) on filplus.allocator_registry",
    "select (allocator_id, rejected, data_type) on filplus.allocator_registry_archive",
    "select on filplus.rule_version",
)
COMMENTS = Path(__file__).with_name("0018_comments.sql")
# What scoring_rules.yaml says of every version that could be remembered before this migration.
DERIVED = {
    "compliant_score_share": "0.7",
    "non_compliant_score_share": "0.45",
    "high_score_percentage": "75",
    "medium_score_percentage": "30",
}


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(COMMENTS.read_text(encoding="utf-8"))
    for table in MADE:
        grant(f"select on filplus.{table}", "api_ro", "analyst", "metrics")
    for readable in READ_BESIDES:
        grant(readable, "api_ro", "analyst", "metrics")
    _rewrite_rules(lambda rules: {**rules, "derived": DERIVED})


def downgrade() -> None:
    for table in reversed(MADE):
        # With its views, which `cdp migrate` makes again.
        op.execute(f"drop table filplus.{table} cascade")
    for readable in READ_BESIDES:
        revoke(readable, "metrics")
    _rewrite_rules(lambda rules: {name: rules[name] for name in rules if name != "derived"})


def _rewrite_rules(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Give remembered versions what they lacked; their hash is over all of their content."""
    connection = op.get_bind()
    op.execute("alter table filplus.rule_version disable trigger refuse_change")
    found = connection.execute(text("select version, rules from filplus.rule_version")).all()
    for version, rules in found:
        content = json.dumps(change(rules), sort_keys=True, separators=(",", ":"))
        connection.execute(
            text(
                "update filplus.rule_version set rules = cast(:rules as jsonb), "
                "content_hash = :hash where version = :version"
            ),
            {
                "rules": content,
                "hash": hashlib.sha256(content.encode()).hexdigest(),
                "version": version,
            },
        )
    op.execute("alter table filplus.rule_version enable trigger refuse_change")
