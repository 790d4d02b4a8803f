"""A real Chromium, and everything that goes wrong in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

# Chromium must not look for anything beyond this machine.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def launch(playwright: Any) -> "Browser":
    """Debian's chromium."""
    browser: Browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
    return browser


@contextmanager
def watched(browser: "Browser", **options: Any) -> "Iterator[Page]":
    """A page on which nothing may go wrong: no error, no failed request, no breach of the policy."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(30_000)
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("response", lambda answer: _check(answer, wrong))
    page.on("requestfailed", lambda request: wrong.append(f"{request.url}: {request.failure}"))
    yield page
    context.close()
    # A page that is left gives up what it is fetching.
    assert not [each for each in wrong if "ERR_ABORTED" not in each]


def _check(answer: "Response", wrong: list[str]) -> None:
    if answer.status >= 400:
        wrong.append(f"{answer.status} {answer.url}")


_USABLE = Path(__file__).with_name("usable.js").read_text("utf-8")

NAME = """() => { const each = document.activeElement;
  return each.labels?.[0]?.innerText ?? each.getAttribute('aria-label') ?? each.innerText }"""

FOCUS = """() => { const each = document.activeElement; const style = getComputedStyle(each);
  return [each === document.body ? '' : each.tagName, parseFloat(style.outlineWidth), style.outlineStyle] }"""


def assert_usable(page: "Page") -> None:
    """What everybody needs of a page: names, order, contrast, landmarks, a width that fits."""
    assert page.evaluate(_USABLE.partition("\n")[2]) == [], page.url
