"""Whether the retrievability of a provider's week was measured (G-02), and what tables mean now."""

from alembic import op

revision = "0017"
down_revision = "0016"

MEASURED = """
alter table filplus.storage_provider_compliance_weekly
    add column is_measured boolean not null default false;
do $$ begin
    if to_regclass('filplus.providers_weekly_acc') is not null then
        update filplus.storage_provider_compliance_weekly c set is_measured = true
        from filplus.providers_weekly_acc w
        where w.week = c.week and w.provider = c.provider
            and w.avg_retrievability_success_rate_url_finder is not null;
    end if;
end $$;
alter table filplus.storage_provider_compliance_weekly
    alter column is_measured drop default,
    add constraint unmeasured_is_zero check (is_measured or retrievability = 0) not valid;
comment on column filplus.storage_provider_compliance_weekly.is_measured is
    'The retrievability was measured; false: its 0 stands for no measurement.';
"""
RULES = """
comment on table filplus.rule_version is
    'One row per version of scoring_rules.yaml that {made} ever made with: what its rule_version stands for.';
"""

ALERTS = """
comment on table filplus.compliance_alerts is
    'One row per allocator, client or provider and rule that it breaks in its newest report or week. No row: it breaks none, or it has no report{day}.';
comment on column filplus.compliance_alerts."limit" is '{limit}';
"""


def upgrade() -> None:
    op.execute(MEASURED)
    op.execute(RULES.format(made="a report, a class or an alert was"))
    op.execute(
        ALERTS.format(
            day=" of the newest day", limit="What the rules of that report or week allow."
        )
    )


def downgrade() -> None:
    op.execute(
        "alter table filplus.storage_provider_compliance_weekly drop column is_measured cascade"
    )
    op.execute(RULES.format(made="a report was"))
    op.execute(ALERTS.format(day="", limit="What is allowed."))
