"""A warehouse with people in it, and jobs launched by them, for the tests of all domains."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import dagster as dg
import psycopg
from pydantic import BaseModel

from cdp_assets.core.runs.launch_forms import read_form
from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.change_job import Change
from cdp_assets.governance.governance_ids import governance_id
from cdp_assets.governance.people import UNPROVEN, Right, Role, require_actor
from cdp_assets.settings import publish_environment
from resources.postgres.warehouse import Warehouse

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
REASON = "agreed by both sides"
PARTNER_ID = "11111111-1111-4111-8111-111111111111"


def email_of(role: str) -> str:
    """Return the address of the user that a world has for a role."""
    return f"{role}@example.org"


def add_user(connection: psycopg.Connection, email: str, role: str, **columns: Any) -> UUID:
    """Insert a user as `user_job` would, for tests that are about something else."""
    values = {"valid_from": None, "valid_until": None, "introducer_id": None, "is_active": True}
    if role == Role.AUDITOR:
        values |= {"valid_from": datetime(2026, 6, 1, tzinfo=UTC)}
        values |= {"valid_until": datetime(2026, 8, 1, tzinfo=UTC)}
    if role == Role.PARTNER:
        values["introducer_id"] = PARTNER_ID
    values |= columns
    user_id = governance_id("user", email)
    connection.execute(
        f"insert into governance.users (user_id, email, role, created_at, {', '.join(values)}) "
        f"values (%s, %s, %s, %s, {', '.join(['%s'] * len(values))})",
        [user_id, email, role, NOW, *values.values()],
    )
    return user_id


class PeopleWorld:
    """A warehouse, a connection to it, and launches of jobs."""

    def __init__(self, connection: psycopg.Connection, dsn: str) -> None:
        self.connection = connection
        self.warehouse = Warehouse(url=dsn)

    @classmethod
    @contextmanager
    def over(cls, dsn: str) -> Iterator[PeopleWorld]:
        """Open a warehouse whose clock stands at ``NOW``."""
        publish_environment({"CDP_AS_OF": NOW.isoformat()})
        with psycopg.connect(dsn, autocommit=True, options="-c timezone=UTC") as connection:
            yield cls(connection, dsn)

    def add_everybody(self) -> PeopleWorld:
        """Add one partner, and one user per role."""
        self.connection.execute(
            "insert into governance.introducers (introducer_id, name, created_at) "
            "values (%s, 'Example Partners', %s)",
            [PARTNER_ID, NOW],
        )
        for role in Role:
            add_user(self.connection, email_of(role), role)
        return self

    def launch(
        self, job: dg.JobDefinition, user: str | None, reason: str = REASON, **config: Any
    ) -> dg.ExecuteInProcessResult:
        """Launch a job of changes; a failure is in the result."""
        return job.execute_in_process(
            run_config={**config, "reason": reason},
            resources={"warehouse": self.warehouse},
            tags={"user": user} if user is not None else {},
            raise_on_error=False,
        )

    @contextmanager
    def change_by(
        self, email: str, right: Right = Right.MANAGE_OVERRIDES, proof: str = UNPROVEN
    ) -> Iterator[Change]:
        """Open the transaction of a change, as a job's frame does; commits unless it fails."""
        with self.warehouse.connect() as connection, connection.cursor() as cursor:
            actor = require_actor(cursor, email, right, NOW, proof=proof)
            log = logging.getLogger("test")
            yield Change(cursor, actor, REASON, NOW, "run-1", log, self.warehouse)
            connection.commit()

    def refusal_of(
        self,
        work: Callable[[Change, Any], Any],
        form: type[BaseModel],
        email: str,
        config: Mapping[str, Any],
    ) -> str:
        """Return the sentence that refuses a change, without a run, which takes half a second."""
        try:
            with self.change_by(email) as change:
                done = work(change, read_form(form, config))
        except PermanentFailure as refused:
            return str(refused)
        raise AssertionError(f"not refused: {config}, {done}")

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(query, values).fetchall()  # type: ignore[arg-type]

    def actions(self) -> list[str]:
        """Return the actions of the audit log in order."""
        return [row[0] for row in self.rows("select action from audit.log order by seq")]


def done(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """Return what a successful run reported."""
    assert result.success, refusal(result)
    (output,) = result.filter_events(lambda event: event.is_successful_output)
    return {name: value.value for name, value in output.step_output_data.metadata.items()}


def refusal(result: dg.ExecuteInProcessResult) -> str:
    """Return the sentence with which a run failed."""
    assert not result.success
    (failure,) = result.filter_events(lambda event: event.is_step_failure)
    return str(failure.step_failure_data.user_failure_data.description)
