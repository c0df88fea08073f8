"""Rows of inputs with the overrides that hold applied, and what each of them was before.

Scope: which column of which row takes which input, for full batches of rows at once; not here:
reading or storing overrides (``override_store``), or the reports that show them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from cdp_assets.filplus.overrides.override_store import InputOverride
from cdp_assets.filplus.overrides.override_values import EntityKind, InputName, Value
from cdp_assets.filplus.registry.rules import data_type
from cdp_assets.filplus.report_inputs.allocator_inputs import RegistryEntry
from cdp_assets.filplus.report_inputs.client_inputs import Application
from cdp_assets.filplus.report_inputs.provider_inputs import ProviderFacts

Row = TypeVar("Row", RegistryEntry, Application, ProviderFacts)


class AppliedOverride(NamedTuple):
    """An override that a report used, and the value that it replaced."""

    override: InputOverride
    original: Value

    def shown(self) -> dict[str, Any]:
        """Return it as a report shows it; numbers as text, times ISO UTC."""
        held = self.override
        return {
            "override_id": held.override_id,
            "entity_kind": held.kind,
            "entity_id": held.entity,
            "input_name": held.name,
            "original_value": self.original,
            "value_used": held.value,
            "reason": held.reason,
            "requested_by": held.requested_by,
            "approver": held.approver,
            "expires_at": held.expires_at.isoformat(),
        }


Applied = tuple[AppliedOverride, ...]


class _Column(NamedTuple):
    """Column of a row for an input, and how to convert its values."""

    name: str
    of_value: Callable[[Any], Any]
    to_value: Callable[[Any], str | list[str]]


COLUMNS: Mapping[InputName, _Column] = {
    "data_type": _Column("data_type", str, str),
    "audit": _Column("audit", tuple, list),
    "required_copies": _Column("required_copies", str, str),
    "required_sps": _Column("required_sps", str, str),
    "tranche_schedule": _Column("tranche_schedule", str, str),
    "first_audit_ended_at": _Column(
        "first_audit_ended", datetime.fromisoformat, lambda at: at.astimezone(UTC).isoformat()
    ),
    "declared_providers": _Column("declared", tuple, list),
    "expected_size_of_single_dataset": _Column("expected", int, str),
    "total_requested_amount": _Column("requested", int, str),
    "retrievability": _Column("retrievability", Decimal, lambda rate: format(rate, "f")),
}


class OverrideBook:
    """The overrides that hold for a batch of reports, by entity."""

    def __init__(self, overrides: Iterable[InputOverride]) -> None:
        self._by_entity: dict[tuple[EntityKind, str], list[InputOverride]] = {}
        for override in overrides:
            self._by_entity.setdefault((override.kind, override.entity), []).append(override)

    def on_registry(
        self, entries: Sequence[RegistryEntry]
    ) -> tuple[list[RegistryEntry], dict[str, Applied]]:
        """Return the entries as reports use them, and what was applied by allocator."""
        rows, applied = [], {}
        for entry in entries:
            row, done = self._apply("allocator", entry.allocator, entry)
            rows.append(_with_type_of_audit(row, done))
            if done:
                applied[row.allocator] = done
        return rows, applied

    def on_applications(
        self, applications: Mapping[str, Sequence[Application]]
    ) -> tuple[dict[str, list[Application]], dict[str, dict[str, Applied]]]:
        """Return the applications by client, and what was applied by client and allocator.

        An override is of the client: it holds for its applications to all allocators.
        """
        rows: dict[str, list[Application]] = {}
        applied: dict[str, dict[str, Applied]] = {}
        for client, found in applications.items():
            rows[client] = []
            for application in found:
                row, done = self._apply("client", client, application)
                rows[client].append(row)
                if done:
                    applied.setdefault(client, {})[row.allocator] = done
        return rows, applied

    def on_providers(
        self, facts: Mapping[str, ProviderFacts]
    ) -> tuple[dict[str, ProviderFacts], dict[str, Applied]]:
        """Return what is known by provider, and what was applied by provider."""
        rows, applied = {}, {}
        for provider, known in facts.items():
            rows[provider], done = self._apply("provider", provider, known)
            if done:
                applied[provider] = done
        return rows, applied

    def _apply(self, kind: EntityKind, entity: str, row: Row) -> tuple[Row, Applied]:
        overrides = self._by_entity.get((kind, entity))
        if not overrides:
            return row, ()
        applied = []
        changed: dict[str, Any] = {}
        for override in overrides:
            column = COLUMNS[override.name]
            before = getattr(row, column.name)
            original = None if before is None else column.to_value(before)
            applied.append(AppliedOverride(override, original))
            value = override.value
            changed[column.name] = None if value is None else column.of_value(value)
        return row._replace(**changed), tuple(applied)


def _with_type_of_audit(entry: RegistryEntry, applied: Applied) -> RegistryEntry:
    """Return an entry with the data type that its audit gives (§1.4), unless that is overridden."""
    names = {one.override.name for one in applied}
    if "audit" not in names or "data_type" in names:
        return entry
    return entry._replace(data_type=data_type(entry.audit))
