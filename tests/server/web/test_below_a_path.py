"""The web UI where a proxy offers the server below a path: signing in and every request, in Chromium."""

import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.server.conftest import Start
from tests.server.serving import Server
from tests.server.web.test_ui import FLAGS, Watched

PATH = "/team-a"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
    pytest.mark.skipif(
        not Path(sys.prefix, "share/trackstack/mlflow-ui/index.html").exists(), reason="needs scripts/ui"
    ),
]


@pytest.fixture
def server(start_server: Start) -> Server:
    """With a run in it."""
    server = start_server(TRACKSTACK_SERVER_ROOT_PATH=PATH)
    with server.client() as client:
        client.post("/api/2.0/mlflow/experiments/create", json={"name": "churn"})
        body = {"experiment_id": "1", "run_name": "run-0", "start_time": 1}
        client.post("/api/2.0/mlflow/runs/create", json=body)
    return server


def test_who_signs_in_below_the_path_stays_below_it(server: Server) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = chromium.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(urlsplit(request.url).path))
        watched = Watched(page, f"{server.url}{PATH}")

        page.goto(f"{server.url}{PATH}")
        page.fill("#token", server.token.text)
        page.click("button")
        page.wait_for_selector("text=churn", timeout=30_000)
        runs = watched.open("/#/experiments/1/runs", "run-0")

        assert "run-0" in runs
        assert {path for path in asked if not path.startswith(f"{PATH}/")} == {PATH}
        [cookie] = page.context.cookies()
        assert (cookie["path"], cookie["httpOnly"], cookie["sameSite"]) == (PATH, True, "Strict")
        assert watched.wrong == []
        chromium.close()
