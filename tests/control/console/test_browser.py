"""The console as people use it: with a mouse, with keys alone, on a phone, in the dark."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.control.console.chromium import FOCUS, NAME, assert_usable, launch, watched
from tests.control.console.people import HOME, token_of
from tests.control.serving import ControlPlane

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
]

LOG_A_RUN = "import mlflow\nwith mlflow.start_run():\n    mlflow.log_metric('accuracy', 0.9)"


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


def sign_in(page: "Page", plane: ControlPlane, token: str) -> None:
    page.goto(f"{plane.url}/console")
    page.get_by_label("Access token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console")


def test_the_life_of_an_instance(plane: ControlPlane, browser: "Browser") -> None:
    with watched(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        sign_in(page, plane, token_of(plane, "owner"))
        page.goto(f"{plane.url}/console/new")
        page.get_by_label("Name").fill("vision")
        page.get_by_label("Labels").fill("owner=alice")
        page.get_by_role("button", name="Create").click()
        page.locator(".badge.creating").wait_for()
        page.locator(".steps li").first.wait_for()
        page.locator("#title .badge.active").wait_for()  # the page follows by itself
        assert "vision is active" in page.locator("#said").inner_text()
        assert page.get_by_role("link", name="Open MLflow UI").get_attribute("target") == "_blank"

        page.get_by_role("link", name="New token").click()
        page.get_by_label("Name").fill("training")
        page.get_by_role("button", name="Create").click()
        page.get_by_role("button", name="Copy the lines for Shell").click()
        pasted = page.evaluate("navigator.clipboard.readText()")
        page.get_by_role("button", name="Copy the token").click()
        secret = page.evaluate("navigator.clipboard.readText()")
        assert secret in pasted and secret not in page.url
        log_a_run(pasted)

        page.get_by_role("link", name="Done").click()
        assert secret not in page.content()
        page.get_by_role("link", name="Revoke training").click()
        page.get_by_role("button", name="Revoke").click()
        page.get_by_text("No token yet").wait_for()

        page.get_by_role("link", name="Edit").click()
        page.get_by_label("Retention").fill("7d")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("7d of deleted experiments").wait_for()
        page.locator("#title .badge.active").wait_for()
        page.goto(f"{plane.url}/console")
        row = page.get_by_role("row", name="vision")
        row.get_by_text("alice").wait_for()
        page.get_by_label("Filter the instances").fill("nothing like it")
        row.wait_for(state="hidden")
        assert page.locator("#filtered").inner_text().startswith("0 of")
        page.get_by_label("Filter the instances").fill("ALICE")
        page.get_by_role("link", name="vision").click()

        page.get_by_role("link", name="Delete").click()
        page.get_by_label("Type its name").fill("vision")
        page.get_by_role("button", name="Delete").click()
        page.get_by_text("This instance is deleted").wait_for()
        page.get_by_role("link", name="All instances").click()
        assert page.get_by_role("link", name="vision").count() == 0


def log_a_run(pasted: str) -> None:
    """In a shell of somebody who pasted the lines there."""
    done = subprocess.run(
        ["sh", "-ec", f'{pasted}\nexec "{sys.executable}" -c "{LOG_A_RUN}"'],
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def focus(page: "Page", name: str) -> None:
    """With the Tab key alone; wherever the focus is on the way, it is seen."""
    for _ in range(60):
        page.keyboard.press("Tab")
        tag, width, style = page.evaluate(FOCUS)
        if tag:
            assert width >= 1 and style not in ("none", ""), page.evaluate("document.activeElement.outerHTML")
        said = page.evaluate(NAME)
        if tag and name in said:
            return
    pytest.fail(f"the Tab key does not lead to {name}")


def test_keys_alone_do_everything(plane: ControlPlane, browser: "Browser") -> None:
    with watched(browser) as page:
        page.goto(f"{plane.url}/console/sign-in")
        page.keyboard.type(token_of(plane, "owner"))  # the field has the focus
        page.keyboard.press("Enter")
        page.wait_for_url("**/console")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        page.goto(f"{plane.url}{HOME}/new")
        focus(page, "Name")
        page.keyboard.type("by keys")
        focus(page, "Create")
        page.keyboard.press("Enter")
        page.locator("#title .badge.active").wait_for()
        page.locator("#actions a", has_text="Edit").wait_for()
        focus(page, "Python")
        page.keyboard.press("Enter")
        page.locator("#for-python").wait_for()
        page.reload()
        focus(page, "Delete")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Delete by keys").wait_for()
        page.keyboard.type("by keys")
        page.keyboard.press("Enter")
        page.get_by_text("This instance is deleted").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 1280])
def test_everybody_can_use_every_page(
    plane: ControlPlane, demo: dict[str, Any], browser: "Browser", scheme: Any, width: int
) -> None:
    with watched(browser, color_scheme=scheme, viewport={"width": width, "height": 800}) as page:
        page.goto(f"{plane.url}/console/sign-in")
        assert_usable(page)
        sign_in(page, plane, plane.token)
        instance = f"{HOME}/instances/{demo['id']}"
        paths = ["/console", "/console/new", f"{HOME}/new", instance]
        paths += [f"{instance}/{part}" for part in ("edit", "delete", "log", "tokens/new")]
        for path in paths:
            page.goto(plane.url + path)
            assert_usable(page)
        page.get_by_label("Name").fill("for this page")
        page.get_by_role("button", name="Create").click()
        page.locator("#secret").wait_for()
        assert_usable(page)
        page.get_by_role("link", name="Done").click()
        page.get_by_role("link", name="Revoke").first.click()
        assert_usable(page)


def test_a_refused_form_keeps_what_was_typed_and_leads_to_the_field(
    plane: ControlPlane, browser: "Browser"
) -> None:
    context = browser.new_context(viewport={"width": 380, "height": 800})
    page = context.new_page()
    sign_in(page, plane, token_of(plane, "editor"))
    page.goto(f"{plane.url}{HOME}/new")
    page.get_by_label("Name").fill("a!b")
    page.get_by_label("Labels").fill("owner=alice")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("alert").wait_for()

    assert page.evaluate("document.activeElement.id") == "name"
    assert page.get_by_label("Name").input_value() == "a!b"
    assert page.get_by_label("Labels").input_value() == "owner=alice"
    described = page.get_by_label("Name").get_attribute("aria-describedby")
    assert described == "name-hint name-error"
    assert_usable(page)
    context.close()


def test_a_click_too_many_creates_one(plane: ControlPlane, browser: "Browser") -> None:
    with watched(browser) as page:
        sign_in(page, plane, token_of(plane, "owner"))
        page.goto(f"{plane.url}{HOME}/new")
        page.get_by_label("Name").fill("once")
        page.get_by_role("button", name="Create").dblclick()
        page.wait_for_url("**/instances/*")
        page.goto(f"{plane.url}/console")

        assert page.get_by_role("link", name="once").count() == 1


def test_pages_work_without_scripts(plane: ControlPlane, demo: dict[str, Any], browser: "Browser") -> None:
    with watched(browser, java_script_enabled=False) as page:
        sign_in(page, plane, token_of(plane, "viewer"))
        page.get_by_label("Filter the instances").fill("demo")
        page.get_by_role("button", name="Filter").click()
        page.get_by_role("link", name="demo").click()
        assert page.get_by_role("heading", name="demo").is_visible()
        assert page.get_by_role("button", name="Copy").count() == 0


def test_who_comes_from_elsewhere_is_still_signed_in(plane: ControlPlane, browser: "Browser") -> None:
    with watched(browser) as page:
        sign_in(page, plane, token_of(plane, "viewer"))
        page.goto(f"data:text/html,<a href='{plane.url}/console'>to the console</a>")
        page.get_by_role("link").click()
        page.get_by_role("heading", name="Instances").wait_for()


def test_the_page_hears_when_the_session_ends(own: ControlPlane, browser: "Browser") -> None:
    own.flags += ("--session-s", "3")
    own.start()
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, own, own.token)

    page.get_by_role("heading", name="Sign in").wait_for()

    assert "next=%2Fconsole" in page.url
    context.close()
