"""The UI's storages after a restart of their database: the first page is answered, not an error."""

from __future__ import annotations

import os

import psycopg
import pytest
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.event_log import event_log
from dagster_postgres.run_storage import run_storage
from dagster_postgres.schedule_storage import schedule_storage

from cdp_assets.stack.webserver import check_connections_before_use

pytestmark = pytest.mark.integration


@pytest.mark.usefixtures("instance")
def test_every_storage_answers_its_first_question_after_its_connections_died(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (run_storage, event_log, schedule_storage):  # put back at the end
        monkeypatch.setattr(module, "create_pg_engine", module.create_pg_engine)
    check_connections_before_use()
    storage = DagsterPostgresStorage(os.environ["CDP_DAGSTER_STORAGE_URL"])
    for part in (storage.run_storage, storage.event_log_storage, storage.schedule_storage):
        part.optimize_for_webserver(statement_timeout=5000, pool_recycle=3600, max_overflow=20)

    def ask_all() -> None:
        assert storage.run_storage.get_runs_count() == 0
        assert storage.event_log_storage.get_asset_records() == []
        assert storage.schedule_storage.all_instigator_state() == []

    ask_all()
    with psycopg.connect(os.environ["CDP_DAGSTER_DATABASE_URL"], autocommit=True) as connection:
        ended = connection.execute(
            "select count(*) filter (where pg_terminate_backend(pid, 5000)) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        ).fetchone()
    assert ended is not None
    assert ended[0] >= 3
    ask_all()
