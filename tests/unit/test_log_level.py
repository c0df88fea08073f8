"""CDP_LOG_LEVEL reaches the log of a run, whose other loggers the published instance keeps."""

# No postponed annotations here: the framework reads types from the signature.

import logging
from pathlib import Path

import dagster as dg
import pytest
import yaml

from cdp_assets.core.runs.in_process_runs import execute_here
from cdp_assets.core.runs.instance import publish_instance
from cdp_assets.settings import parse_settings
from resources.postgres.database_urls import Addresses
from resources.postgres.locks import LOGGER

NOWHERE = "postgresql://127.0.0.1:1/none"
LEVELS = ("debug", "info", "warning", "error")


@dg.asset
def talker(context: dg.AssetExecutionContext) -> None:
    for level in LEVELS:
        context.log.log(level.upper(), f"the asset says {level}")
        logging.getLogger(LOGGER).log(logging.getLevelName(level.upper()), f"a lock says {level}")


@pytest.mark.parametrize("least", LEVELS)
def test_the_log_of_a_run_holds_what_is_at_least_of_the_level(tmp_path: Path, least: str) -> None:
    settings = parse_settings({"CDP_STATE_DIR": str(tmp_path), "CDP_LOG_LEVEL": least})
    publish_instance(settings, Addresses(NOWHERE, NOWHERE, NOWHERE, None))
    published = yaml.safe_load((tmp_path / "dagster" / "dagster.yaml").read_text())
    job = dg.Definitions(assets=[talker], executor=dg.in_process_executor)
    with dg.DagsterInstance.ephemeral(
        settings={"python_logs": published["python_logs"]}
    ) as instance:
        result = execute_here(
            instance,
            job.resolve_implicit_global_asset_job_def(),
            [dg.AssetKey("talker")],
            [],
            tags={},
            config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        assert result.success
        said = {entry.user_message for entry in instance.all_logs(result.run_id)}
    wanted = LEVELS[LEVELS.index(least) :]
    assert {text for text in said if " says " in text} == {
        f"{who} says {level}" for who in ("the asset", "a lock") for level in wanted
    }
