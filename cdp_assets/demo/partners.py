"""Partners of the demo: people, agreements, an override, a paid month and its correction.

Everything goes through the jobs that people launch, so the audit log has it. Three partners take
part: a share of the fees of two chains, a share by stake with tiers and of MEV, a share of a
client's rewards. In epoch 1011 the source of MEV lacks a validator, so a line is INCOMPLETE.
July is released for the first one; then the chain corrects one of its epochs, and August carries
the adjustment. Scope: what is launched, and whether it was before; not here: the jobs
(``cdp_assets.validators``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import dagster as dg

from cdp_assets.cli.cli_session import load_definitions
from cdp_assets.core.planning.planner import Refresher
from cdp_assets.core.runs.job_launch import launch_job
from cdp_assets.core.runs.run_failures import cause_of_run
from cdp_assets.demo.world import SEED
from cdp_assets.errors import PermanentFailure
from simulator.solana.keys import solana_key

Say = Callable[[str], None]

CHAIN, OTHER_CHAIN = "solana-mainnet", "ethereum-mainnet"
FIRST_PERIOD, OTHER_FIRST_PERIOD = 1000, 2080  # as chains.yaml has them
ADMIN, FINANCE, SECOND = "ann@example.org", "fay@example.org", "bob@example.org"
NORTHWIND: Final = "11111111-1111-4111-8111-111111111111"
HARBOR: Final = "22222222-2222-4222-8222-222222222222"
QUAY: Final = "33333333-3333-4333-8333-333333333333"
RELEASED_MONTH, OPEN_MONTH = "2026-07", "2026-08"
OVERRIDDEN_PERIOD: Final = "1004"
_COIN: Final = 10**9


@dataclass(frozen=True)
class Launch:
    """One launch of a job, and the question whether it was done before.

    Attributes:
        job: Name of the job.
        user: Who launches it.
        config: As the launchpad takes it, without the reason.
        reason: Why.
        done: Statement that returns a row if it was done before.
    """

    job: str
    user: str
    config: Mapping[str, Any]
    reason: str
    done: str


def add_partners(refresher: Refresher, say: Say) -> None:
    """Add people, partners, a client and agreements, before tables are built."""
    _launch_missing(refresher, _people() + _agreements(), say)


def override_period(refresher: Refresher, say: Say) -> None:
    """Set the total of one agreement and period by hand; its lines are stale afterwards."""
    _launch_missing(refresher, [_override()], say)


def release_month(refresher: Refresher, say: Say) -> None:
    """Draft, submit, approve twice and release the statement of the first partner for July."""
    _launch_missing(refresher, _decisions(), say)


def draft_open_month(refresher: Refresher, say: Say) -> None:
    """Draft August for the first partner: it carries the adjustment of July."""
    _launch_missing(
        refresher, [_statement("draft", FINANCE, OPEN_MONTH, "select where false")], say
    )


def _launch_missing(refresher: Refresher, launches: Sequence[Launch], say: Say) -> None:
    """Launch in order what was not done before.

    Raises:
        PermanentFailure: A job failed; its cause is named.
    """
    jobs = {job.name: job for job in load_definitions().resolve_all_job_defs()}
    for launch in launches:
        if _was_done(refresher, launch.done):
            continue
        config = {**launch.config, "reason": launch.reason}
        result = _launch(refresher.instance, jobs[launch.job], config, launch)
        if not result.success:
            raise PermanentFailure(str(cause_of_run(result)), key=launch.job)
        say(f"{launch.job}: {launch.reason}")


def _launch(
    instance: dg.DagsterInstance,
    definition: dg.JobDefinition,
    config: Mapping[str, object],
    launch: Launch,
) -> dg.JobExecutionResult:
    return launch_job(instance, definition, config, user=launch.user, reason=launch.reason)


def _was_done(refresher: Refresher, statement: str) -> bool:
    with refresher.warehouse.connect(autocommit=True) as connection:
        return connection.execute(statement.encode()).fetchone() is not None


def _people() -> list[Launch]:
    roles = ((ADMIN, "admin", "demo"), (FINANCE, "finance", ADMIN), (SECOND, "finance", ADMIN))
    users = [
        Launch(
            "user_job",
            by,
            {"action": "make", "email": email, "role": role},
            f"{role} of the demo",
            f"select from governance.users where email = '{email}'",
        )
        for email, role, by in roles
    ]
    partners = ((NORTHWIND, "Northwind"), (HARBOR, "Harbor"), (QUAY, "Quay"))
    return users + [
        Launch(
            "introducer_job",
            ADMIN,
            {"action": "make", "introducer_id": introducer, "name": name},
            f"partner {name}",
            f"select from governance.introducers where introducer_id = '{introducer}'",
        )
        for introducer, name in partners
    ]


def _agreements() -> list[Launch]:
    mapped = [_mapping(HARBOR, "client-1", 1, 1), _mapping(HARBOR, "client-2", 3, 1)]
    mapped.append(_mapping(QUAY, "client-3", 3, 2))
    bands = ((0, 1_000, 500), (1_000, 3_000, 750), (3_000, None, 1_000))
    tiers = [
        {
            "from_native": start * _COIN,
            "to_native": None if end is None else end * _COIN,
            "rate_bps": rate,
        }
        for start, end, rate in bands
    ]
    return [
        *mapped,
        _mapping_of(HARBOR, "client-4", OTHER_CHAIN, "0x" + "4" * 96, OTHER_FIRST_PERIOD),
        _agreement(NORTHWIND, "fees", "FIXED_SHARE", "EXEC_FEES", rate_bps=500),
        _agreement(
            NORTHWIND,
            "ether",
            "FIXED_SHARE",
            "EXEC_FEES",
            chain=OTHER_CHAIN,
            start=OTHER_FIRST_PERIOD,
            rate_bps=300,
        ),
        _agreement(HARBOR, "stake", "STAKE_WEIGHT", "COMMISSION", tiers=tiers, tier_window="MONTH"),
        _agreement(HARBOR, "tips", "FIXED_SHARE", "MEV_TIPS", rate_bps=200),
        _agreement(QUAY, "rewards", "CLIENT_REVENUE", "STAKE_REWARDS", rate_bps=1_000),
    ]


def _mapping(introducer: str, client: str, validator: int, account: int) -> Launch:
    vote = solana_key(SEED, validator, "vote")
    return _mapping_of(introducer, client, CHAIN, solana_key(vote, "stake", account), FIRST_PERIOD)


def _mapping_of(introducer: str, client: str, chain: str, address: str, start: int) -> Launch:
    return Launch(
        "client_mapping_job",
        FINANCE,
        {
            "client_id": client,
            "introducer_id": introducer,
            "chain_id": chain,
            "staker_address": address,
            "from_period": start,
        },
        f"{client} was brought by a partner",
        f"select from governance.client_mappings where staker_address = '{address}'",
    )


def _agreement(
    introducer: str,
    agreement: str,
    method: str,
    component: str,
    *,
    chain: str = CHAIN,
    start: int = FIRST_PERIOD,
    **terms: object,
) -> Launch:
    rule = {"rule_id": "r1", "method": method, "component": component, **terms}
    return Launch(
        "agreement_job",
        FINANCE,
        {
            "action": "create",
            "agreement_id": agreement,
            "introducer_id": introducer,
            "chain_id": chain,
            "effective_from_period": start,
            "rules": [rule],
        },
        f"agreement on {agreement}",
        f"select from governance.agreements where agreement_id = '{agreement}'",
    )


def _override() -> Launch:
    return Launch(
        "override_job",
        ADMIN,
        {
            "action": "create",
            "agreement_id": "rewards",
            "chain_id": CHAIN,
            "period_id": OVERRIDDEN_PERIOD,
            "amount_native": str(5 * _COIN),
        },
        "goodwill after a late payment",
        "select from governance.overrides where agreement_id = 'rewards'",
    )


def _decisions() -> list[Launch]:
    settled = "'APPROVED', 'RELEASED', 'PAID'"
    approved = (
        "select from governance.approvals a join governance.users u using (user_id) "
        "where a.voided_at is null and u.email = '{}'"
    )
    return [
        _statement("draft", FINANCE, RELEASED_MONTH, _status_is("'IN_REVIEW', " + settled)),
        _statement("submit", FINANCE, RELEASED_MONTH, _status_is("'IN_REVIEW', " + settled)),
        _statement("approve", FINANCE, RELEASED_MONTH, approved.format(FINANCE)),
        _statement("approve", SECOND, RELEASED_MONTH, approved.format(SECOND)),
        _statement("release", ADMIN, RELEASED_MONTH, _status_is("'RELEASED', 'PAID'")),
    ]


def _statement(action: str, user: str, month: str, done: str) -> Launch:
    config = {
        "action": action,
        "introducer_id": NORTHWIND,
        "chain_id": CHAIN,
        "month": month,
    }
    return Launch("statement_job", user, config, f"{action} {month} of Northwind", done)


def _status_is(statuses: str) -> str:
    return (
        "select from validators.partner_commission_statements "
        f"where introducer_id = '{NORTHWIND}' and month = '{RELEASED_MONTH}' "
        f"and status in ({statuses})"
    )
