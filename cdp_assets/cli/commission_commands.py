"""Commands about commissions: the explanation of a line, a dry run of an agreement's terms.

Scope: arguments and printing; not here: any work (``cdp_assets.validators.commissions``). Both only
read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cdp_assets.cli.terminal import show
from cdp_assets.units import counted

if TYPE_CHECKING:
    from cdp_assets.validators.commissions.engine.over_attribution import OverAttribution
    from cdp_assets.validators.commissions.explanation.dry_run import DryPeriod, DryRun

_LISTED_LINES = 20


def add_commission_commands(app: typer.Typer, epilog: str) -> None:
    """Add ``explain`` and ``validate-agreement`` to the command line."""
    app.command(epilog=epilog)(explain)
    app.command("validate-agreement", epilog=epilog)(validate_agreement)


def explain(
    line_id: Annotated[UUID, typer.Argument(help="Id in partner_commission_lines.")],
) -> None:
    """Explain a commission line: version, rule, base, rate, floor, cap, rows, payloads, places.

    Example: cdp explain 73a8f8bb-7185-55ac-a39c-921d9259e6ad
    """
    from cdp_assets.settings import get_settings
    from cdp_assets.validators.commissions.explanation.explain import explain_line
    from resources.postgres.database_urls import start_servers
    from resources.postgres.warehouse import Warehouse

    start_servers(get_settings())
    with Warehouse().connect(application="cdp explain", is_read_only=True) as connection:
        for text in explain_line(connection, line_id):
            show(text)


def validate_agreement(
    file: Annotated[Path, typer.Argument(help="YAML file with rules, floors and caps.")],
    chain: Annotated[str, typer.Option(help="Chain, such as solana-mainnet.")],
    from_: Annotated[str, typer.Option("--from", help="First period.")],
    to: Annotated[str, typer.Option("--to", help="Last period, inclusive.")],
) -> None:
    """Compute an agreement's terms over past periods, write nothing; exit 1 on over-attribution.

    Example: cdp validate-agreement terms.yaml --chain solana-mainnet --from 850 --to 859
    """
    from cdp_assets import clock
    from cdp_assets.settings import get_settings
    from cdp_assets.validators.chains.chain_registry import load_registry
    from cdp_assets.validators.commissions.explanation.dry_run import dry_run
    from resources.postgres.database_urls import start_servers
    from resources.postgres.warehouse import Warehouse

    terms = _read(file)
    found_chain = load_registry().chain(chain)
    start_servers(get_settings())
    with Warehouse().connect(application="cdp validate", is_read_only=True) as connection:
        done = dry_run(connection, found_chain, terms, from_, to, clock.now())
    for text in _described(done):
        show(text)
    if done.over_attributed or any(period.over_attributed for period in done.periods):
        sys.exit(1)


def _read(file: Path) -> dict[str, Any]:
    from cdp_assets.errors import BadConfiguration
    from resources.codecs.yaml_with_positions import read_yaml

    try:
        value = read_yaml(file).value
    except BadConfiguration as refused:
        raise typer.BadParameter(str(refused), param_hint="FILE") from None
    if not isinstance(value, dict):
        raise typer.BadParameter(f"{file} has no fields", param_hint="FILE")
    return value


def _described(done: DryRun) -> Iterator[str]:
    for rule in done.version.rules:
        if rule.tiers and rule.tier_mode == "WHOLE":
            yield f"warning: rule {rule.rule_id}: WHOLE tiers have a cliff where a band starts"
    for period in done.periods:
        yield from _of_period(period)
    totals = [period.total_native for period in done.periods]
    known = [total for total in totals if total is not None]
    unknown = len(totals) - len(known)
    yield f"total of {counted(len(totals), 'period')}: {sum(known)}" + (
        f", {unknown} of them incomplete" if unknown else ""
    )
    for one in done.over_attributed:
        yield f"OVER_ATTRIBUTION by rate: {_over(one)} bps"
    yield "nothing was written"


def _of_period(period: DryPeriod) -> Iterator[str]:
    total = "incomplete" if period.total_native is None else str(period.total_native)
    yield f"period {period.period_id}: {total} in {len(period.lines)} lines"
    for line in period.lines[:_LISTED_LINES]:
        about = " ".join(
            filter(None, (line.key.rule_id, line.key.validator_key, line.key.client_id))
        )
        reason = f" ({line.reason_code})" if line.reason_code else ""
        yield f"  {line.key.kind} {about}: {line.final_native}{reason}"
    if len(period.lines) > _LISTED_LINES:
        yield f"  and {len(period.lines) - _LISTED_LINES} more"
    for one in period.over_attributed:
        yield f"  OVER_ATTRIBUTION: {_over(one)}"


def _over(one: OverAttribution) -> str:
    return (
        f"{one.component} of {one.validator_key}: {one.attributed} of {one.available} by "
        f"{', '.join(one.agreement_ids)}"
    )
