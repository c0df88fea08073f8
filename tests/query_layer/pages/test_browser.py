"""The pages in headless Chromium at three widths: sign-in, scope, filter, chart, keyboard, print.

Run by ``make test-pages``. Screenshots go to the folder of ``CDP_TEST_SCREENSHOTS`` where it is
set.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.query_layer.ops.test_process import started
from tests.query_layer.pages.conftest import token_of
from tests.query_layer.seeded import ADMIN, HOSTILE, INTRODUCER, OTHER_INTRODUCER, PARTNER
from tests.query_layer.warehouse import TOKEN_SECRET, Mart

pytestmark = [pytest.mark.pages, pytest.mark.timeout(600)]

WIDTHS = (390, 820, 1440)  # phone, tablet, desk
SHOWN = (
    "", "/allocators", "/allocators/f01001", "/storage-providers", "/storage-providers/f01001",
    "/clients", "/compliance", "/scores", "/catalog", "/catalog/client", "/chains", "/validators",
    f"/partners/{INTRODUCER}", "/statements", "/agreements/agreement_id-1", "/audit",
    "/reconciliation", "/nothing",
)  # fmt: skip


@pytest.fixture(scope="module")
def address(seeded_mart: Mart) -> Iterator[str]:
    """A running service in a process of its own."""
    seeded_mart.run("update governance.plans set read_per_minute = 100000")
    variables = {
        "CDP_QUERY_AUTH_DATABASE_URL": seeded_mart.auth,
        "CDP_QUERY_AUDIT_DATABASE_URL": seeded_mart.audit,
        "CDP_QUERY_TOKEN_SECRET": TOKEN_SECRET,
        "CDP_QUERY_ANONYMOUS": "cdp:read",
        "CDP_QUERY_ANONYMOUS_PER_MINUTE": "100000",
        "CDP_AS_OF": "2026-11-08T13:00:00Z",
    }
    with started(seeded_mart, **variables) as (_, where):
        yield where


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """A browser of our own, without a profile of anybody."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium is not None, "install chromium: make test-pages does"
    assert driver is not None, "install chromium-driver: make test-pages does"
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):  # fmt: skip
        options.add_argument(argument)
    running = webdriver.Chrome(service=webdriver.ChromeService(driver), options=options)
    try:
        yield running
    finally:
        running.quit()


@pytest.fixture(autouse=True)
def _nobody_signed_in(browser: webdriver.Chrome, address: str) -> None:
    browser.get(f"{address}/pages")
    browser.delete_all_cookies()
    browser.get_log("browser")


def set_width(browser: webdriver.Chrome, width: int) -> None:
    """Show pages at a width in CSS pixels; a window has a smallest one."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def sign_in(browser: webdriver.Chrome, address: str, token: str) -> None:
    """Sign in through the form, from the page that asks for it."""
    browser.get(f"{address}/pages/statements")
    browser.find_element(By.CSS_SELECTOR, "main .button").click()
    browser.find_element(By.ID, "token").send_keys(token)
    browser.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    WebDriverWait(browser, 10).until(lambda b: b.find_elements(By.LINK_TEXT, "Sign out"))
    assert urlsplit(browser.current_url).path == "/pages/statements"


def keep(browser: webdriver.Chrome, name: str) -> None:
    """Store a picture of the whole page where the caller wants pictures."""
    folder = os.environ.get("CDP_TEST_SCREENSHOTS")
    if folder:
        high = browser.execute_script("return document.documentElement.scrollHeight")
        wide = browser.execute_script("return window.innerWidth")
        metrics = {"width": wide, "height": min(high, 3_000), "deviceScaleFactor": 1}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics | {"mobile": False})
        assert browser.save_screenshot(str(Path(folder) / f"{name}.png"))


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_window_or_breaks_its_policy(
    browser: webdriver.Chrome, address: str, width: int
) -> None:
    sign_in(browser, address, token_of(ADMIN))
    for scheme in ("light", "dark"):
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        for path in SHOWN if scheme == "light" else SHOWN[:3]:
            set_width(browser, width)
            browser.get(f"{address}/pages{path}")
            wide = browser.execute_script("return document.documentElement.scrollWidth")
            assert wide <= width, (path, wide)
            assert HOSTILE not in browser.page_source
            keep(browser, f"{path.replace('/', '_') or 'overview'}-{width}-{scheme}")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    policy = [e for e in browser.get_log("browser") if "Content Security" in e["message"]]
    assert policy == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_person_signs_in_sees_its_rows_and_signs_out(
    browser: webdriver.Chrome, address: str, width: int
) -> None:
    set_width(browser, width)
    sign_in(browser, address, token_of(PARTNER))
    assert str(OTHER_INTRODUCER) not in browser.page_source
    browser.get(f"{address}/pages/partners")
    assert str(INTRODUCER) in browser.page_source
    assert str(OTHER_INTRODUCER) not in browser.page_source
    links = browser.find_elements(By.CSS_SELECTOR, "nav a")
    texts = [link.get_attribute("textContent") for link in links]
    assert "Statements" in texts
    assert "Allocators" not in texts
    browser.find_element(By.LINK_TEXT, "Sign out").click()
    browser.get(f"{address}/pages/statements")
    assert browser.find_element(By.TAG_NAME, "h1").text == "Please sign in"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_filter_and_an_order_are_used_with_the_keyboard_alone(
    browser: webdriver.Chrome, address: str, width: int
) -> None:
    set_width(browser, width)
    browser.get(f"{address}/pages/clients")
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to content"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    summary = browser.find_element(By.CSS_SELECTOR, ".filter-box summary")
    if not browser.find_element(By.CSS_SELECTOR, ".filter-box").get_attribute("open"):
        summary.send_keys(Keys.ENTER)
    field = browser.find_element(By.NAME, "filter")
    assert browser.find_element(By.CSS_SELECTOR, f"label[for={field.get_attribute('id')}]")
    field.send_keys("f01003", Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda b: "filter=f01003" in b.current_url)
    assert len(browser.find_elements(By.CSS_SELECTOR, "tbody tr")) == 1
    link = browser.find_element(By.CSS_SELECTOR, "thead a")
    link.send_keys(Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda b: "sort=" in b.current_url)
    assert "filter=f01003" in browser.current_url


def test_a_switch_of_compliance_changes_the_rows(browser: webdriver.Chrome, address: str) -> None:
    set_width(browser, 1440)
    browser.get(f"{address}/pages/compliance")
    before = len(browser.find_elements(By.CSS_SELECTOR, "tbody tr"))
    browser.find_element(By.CSS_SELECTOR, ".filter-box summary").click()
    switch = Select(browser.find_element(By.NAME, "urlFinderRetrievability"))
    switch.select_by_visible_text("false")
    browser.find_element(By.CSS_SELECTOR, ".filters button").click()
    WebDriverWait(browser, 10).until(lambda b: "urlFinderRetrievability=false" in b.current_url)
    after = len(browser.find_elements(By.CSS_SELECTOR, "tbody tr"))
    assert before > 0
    assert after == 0  # the seeded warehouse has rows with all switches on alone


@pytest.mark.parametrize("width", WIDTHS)
def test_a_chart_is_drawn_inside_the_window(
    browser: webdriver.Chrome, address: str, width: int
) -> None:
    set_width(browser, width)
    browser.get(f"{address}/pages/storage-providers/f01001")
    chart = browser.find_element(By.CSS_SELECTOR, "svg.chart")
    assert 200 < chart.size["width"] <= width
    assert chart.size["height"] > 60
    marks = chart.find_elements(By.CSS_SELECTOR, "circle")
    assert marks
    ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    colour = browser.execute_script("return getComputedStyle(arguments[0]).fill", marks[0])
    assert colour != ground
