"""The effective settings, and the YAML files, checked as when they are used.

Scope: the list of both, for a terminal; not here: what a file means (the module that loads it), or
the settings themselves (``cdp_assets.settings``).
"""

from __future__ import annotations

from collections.abc import Iterator

from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings, variable_name
from cdp_assets.units import counted


def describe_settings(settings: Settings) -> Iterator[str]:
    """Yield each variable with its effective value, secrets masked, and a line of help."""
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        yield f"{variable_name(name)}={'' if value is None else value}"
        yield f"    {field.description}"


def check_files() -> Iterator[str]:
    """Yield a line per configuration file that is valid.

    Raises:
        BadConfiguration: Every mistake of all files: file:line:key and what is allowed.
    """
    problems = []
    for check in (_chains, _scoring_rules, _suites):
        try:
            yield check()
        except BadConfiguration as error:
            problems.append(str(error))
    if problems:
        raise BadConfiguration("\n".join(problems))


def _chains() -> str:
    from cdp_assets.validators.chains.chain_registry import load_registry

    registry = load_registry()
    chains = counted(len(registry.chains), "chain")
    return f"chains.yaml, providers.yaml: {chains}, {counted(len(registry.providers), 'provider')}"


def _scoring_rules() -> str:
    from cdp_assets.filplus.scoring.rules import load_rules

    return f"scoring_rules.yaml: {counted(len(load_rules().versions), 'version')}"


def _suites() -> str:
    from cdp_assets.quality.suites import load_suites

    return f"suites.yaml: {counted(len(load_suites()), 'suite')}"
