"""A login in a real browser, after which the same MCP client's calls succeed."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import mcp
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import title_is
from selenium.webdriver.support.wait import WebDriverWait

from tests.acceptance.conftest import Demo, running_demo

pytestmark = pytest.mark.browser


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A headless Chromium with an empty profile that accepts the simulator's own certificate."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.fail("this test needs chromium and chromedriver on the PATH")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    options.accept_insecure_certs = True
    for switch in (
        "headless=new",
        "no-sandbox",
        "disable-dev-shm-usage",  # it is small in a container
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        f"user-data-dir={tmp_path}",
    ):
        options.add_argument(f"--{switch}")
    chrome = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=driver))
    chrome.set_page_load_timeout(20)
    yield chrome
    chrome.quit()


@pytest.fixture
def logged_out_demo() -> Iterator[Demo]:
    """`make demo` with `--login`: nobody is logged in yet."""
    with running_demo("--login") as demo:
        yield demo


async def call_tool(demo: Demo) -> tuple[bool, str]:
    """Whether the result is an error, and its text."""
    async with mcp.Client(demo.mcp_url) as client:
        result = await client.call_tool("list_brokerage_accounts", {})
    return bool(result.is_error), result.content[0].text  # type: ignore[union-attr]  # every result here is text


def test_after_a_click_on_log_in_the_tools_work(logged_out_demo: Demo, browser: webdriver.Chrome) -> None:
    login_url = f"https://localhost:{logged_out_demo.gateway_port}"
    failed, text = asyncio.run(call_tool(logged_out_demo))
    assert failed
    assert login_url in text, text

    browser.get(login_url)
    browser.find_element(By.XPATH, "//button[normalize-space()='Log in']").click()
    # The button redirects there, and the click does not always wait for that.
    WebDriverWait(browser, 20).until(title_is("Client login succeeds"))
    assert "Client login succeeds" in browser.find_element(By.TAG_NAME, "body").text

    until = time.monotonic() + 20
    while failed and time.monotonic() < until:
        failed, text = asyncio.run(call_tool(logged_out_demo))
    assert not failed, text
    assert '"DU1234567"' in text
