"""The Dagster UI as a data engineer sees it, in headless Chromium; screenshots in the state folder.

Run by ``make test-pages``: a browser is no part of what the next machine must have.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.e2e.conftest import Demo
from tests.e2e.demo_run import wait_until

pytestmark = [pytest.mark.pages, pytest.mark.timeout(1800)]

HOURLY = "/assets/filplus/client_claims_hourly?view=partitions"
RANGE = "[2026-08-03-00:00...2026-08-04-23:00]"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """A browser of our own, without a profile of anybody."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium is not None, "install chromium: make test-pages does"
    assert driver is not None, "install chromium-driver: make test-pages does"
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    profile = tmp_path_factory.mktemp("profile")
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1600,1100",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(argument)
    running = webdriver.Chrome(service=webdriver.ChromeService(driver), options=options)
    try:
        yield running
    finally:
        running.quit()


def test_the_graph_shows_every_group(demo: Demo, browser: webdriver.Chrome) -> None:
    browser.get(demo.url("UI", "/asset-groups"))
    _wait_for(browser, "filplus_weekly")
    _wait_for(browser, "validator_canonical")
    _keep(demo, browser, "graph")


def test_a_partition_shows_what_was_written(demo: Demo, browser: webdriver.Chrome) -> None:
    browser.get(
        demo.url("UI", "/assets/filplus/unified_verified_deal_hourly")
        + "?view=partitions&partition=2026-08-14-10:00"
    )
    _wait_for(browser, "rows_inserted")
    _keep(demo, browser, "partition")
    shown = browser.find_element(By.TAG_NAME, "body").text
    for word in ("Materialized", "data_version", "source_watermark", "read_seconds"):
        assert word in shown


def test_a_backfill_is_launched_with_the_mouse_and_replaces_its_hours(
    demo: Demo, browser: webdriver.Chrome
) -> None:
    browser.get(demo.url("UI", HOURLY))
    _wait_for(browser, "2026-08-14-11:00")
    _click(browser, "//button[contains(., 'Materialize')]")
    field = _found(browser, "//*[@role='dialog']//input[starts-with(@placeholder, 'ex:')]")
    field.click()
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(RANGE, Keys.TAB)
    _keep(demo, browser, "dialog")
    _click(browser, "//*[@role='dialog']//button[starts-with(., 'Launch')]")
    wait_until(lambda: bool(_runs(demo)), "the backfill's run", seconds=120)
    browser.get(demo.url("UI", "/runs?view=backfills"))
    _wait_for(browser, "48 partitions")
    _keep(demo, browser, "backfills")
    ((partitions, by, written, deleted),) = _runs(demo)
    assert partitions == 48
    assert by.startswith("ui:")
    assert written == deleted > 0


VALIDATORS = "/assets/validators/solana_mainnet"


def test_an_incomplete_period_is_seen_in_the_ui(demo: Demo, browser: webdriver.Chrome) -> None:
    for group in ("validator_staging", "validator_canonical", "validator_pnl", "commissions"):
        browser.get(demo.url("UI", "/asset-groups"))
        _wait_for(browser, group)
    browser.get(demo.url("UI", f"{VALIDATORS}/validator_pnl?view=partitions&partition=1011"))
    _wait_for(browser, "validators_incomplete")
    _keep(demo, browser, "incomplete_period")
    check = "checkDetail=every_component_is_known"
    browser.get(demo.url("UI", f"{VALIDATORS}/validator_pnl?view=checks&{check}"))
    _wait_for(browser, "a missing one makes its lines incomplete")
    _wait_for(browser, "Failed")
    _keep(demo, browser, "check_of_an_incomplete_period")
    lines = f"{VALIDATORS}/partner_commission_lines?view=partitions&partition=1011"
    browser.get(demo.url("UI", lines))
    _wait_for(browser, "lines_incomplete")
    _keep(demo, browser, "lines_of_an_incomplete_period")


@pytest.mark.parametrize("job", ["statement_job", "override_job"])
def test_the_launchpad_names_what_a_config_lacks(
    demo: Demo, browser: webdriver.Chrome, job: str
) -> None:
    browser.get(demo.url("UI", f"/locations/cdp/jobs/{job}/playground"))
    _wait_for(browser, "Missing required config entries")
    _keep(demo, browser, f"launchpad_{job}")


def _runs(demo: Demo) -> list[tuple[int, str, int, int]]:
    server = json.loads((demo.state / "postgres.json").read_text())
    with psycopg.connect(
        host="127.0.0.1",
        port=server["port"],
        user="postgres",
        password=server["password"],
        dbname="warehouse",
    ) as connection:
        return connection.execute(
            "select partitions, launched_by, rows_written, rows_deleted from ops.runs "
            "where asset_key = 'filplus/client_claims_hourly' and window_start = %s "
            "and window_end = %s and outcome = 'SUCCESS'",
            ["2026-08-03T00:00Z", "2026-08-05T00:00Z"],
        ).fetchall()


def _found(browser: webdriver.Chrome, path: str) -> WebElement:
    return WebDriverWait(browser, 30).until(lambda b: b.find_element(By.XPATH, path))


def _click(browser: webdriver.Chrome, path: str) -> None:
    """Click once the page has stopped replacing the button."""

    def click(_: webdriver.Chrome) -> bool:
        _found(browser, path).click()
        return True

    WebDriverWait(browser, 30, ignored_exceptions=[StaleElementReferenceException]).until(click)


def _wait_for(browser: webdriver.Chrome, text: str) -> None:
    WebDriverWait(browser, 60, ignored_exceptions=[StaleElementReferenceException]).until(
        lambda b: text in b.find_element(By.TAG_NAME, "body").text, f"the page shows {text}"
    )


def _keep(demo: Demo, browser: webdriver.Chrome, name: str) -> None:
    folder: Path = demo.state / "screenshots"
    folder.mkdir(exist_ok=True)
    assert browser.save_screenshot(str(folder / f"{name}.png"))
