"""MLflow's own web UI on our server, in a real Chromium: every page without a failed request or an error."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.server.conftest import Start
from tests.server.serving import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Debian's chromium"),
    pytest.mark.skipif(
        not Path(sys.prefix, "share/trackstack/mlflow-ui/index.html").exists(), reason="needs scripts/ui"
    ),
]

# Chromium must not look for anything beyond this machine.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="module")
def server(start_server: Start) -> Server:
    return start_server()


@pytest.fixture(scope="module")
def runs(server: Server) -> list[str]:
    """Three runs of experiment 1 with all that a run has, a registered model and a prompt."""
    import mlflow
    from mlflow import MlflowClient

    patch = pytest.MonkeyPatch()
    patch.setenv("MLFLOW_TRACKING_TOKEN", server.token.text)
    patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    mlflow.set_tracking_uri(server.url)
    mlflow.set_experiment("churn")
    made = []
    for number in range(3):
        with mlflow.start_run(run_name=f"run-{number}") as run:
            mlflow.log_params({"lr": 0.1 * number, "depth": number})
            for step in range(20):
                mlflow.log_metrics({"acc": 1 - 1 / (step + 2 + number), "loss": 1 / (step + 2)}, step=step)
            mlflow.log_text("hello artifacts", "notes.txt")
            # What log_table does, without pandas, which warns of its own future here.
            mlflow.log_dict({"columns": ["x", "y"], "data": [[1, "a"], [2, "b"]]}, "table.json")
            mlflow.set_tag("mlflow.loggedArtifacts", '[{"path": "table.json", "type": "table"}]')
            model = mlflow.create_external_model("forest", source_run_id=run.info.run_id)
            made.append(run.info.run_id)
    client = MlflowClient(server.url)
    client.create_registered_model("forest", description="Who leaves")
    client.create_model_version("forest", f"models:/{model.model_id}", model_id=model.model_id)
    mlflow.genai.register_prompt("greeting", "Hello {{name}}")
    patch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    leave_traces()
    patch.undo()
    return made


def leave_traces() -> None:
    """Two traces of a session, judged, in a dataset."""
    import warnings

    import mlflow
    from mlflow.genai import label_schemas
    from mlflow.genai import review_queues as queues

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow.pyfunc  # the first span imports it, and gives up at its warnings
    for question in ("why", "how"):
        with mlflow.start_span("ask", span_type="AGENT") as root:
            root.set_inputs({"question": question})
            with mlflow.start_span("look-up", span_type="TOOL") as inner:
                inner.set_outputs(["a book"])
            root.set_outputs({"answer": "because"})
            mlflow.update_current_trace(metadata={"mlflow.trace.session": "talk-1"})
        mlflow.log_feedback(trace_id=root.trace_id, name="helpful", value=True)
    asked = label_schemas.create_label_schema(
        "Is it clear?", type="feedback", input=label_schemas.InputPassFail("clear", "unclear")
    )
    queue = queues.create_review_queue(
        "first look", queue_type="custom", users=["ann"], schema_ids=[str(asked.schema_id)]
    )
    queues.add_items_to_review_queue(queue.queue_id, item_ids=[root.trace_id])
    dataset = mlflow.genai.datasets.create_dataset(name="questions", experiment_id=["1"])
    dataset.merge_records([{"inputs": {"question": "why"}, "expectations": {"answer": "because"}}])


def newest_trace(server: Server) -> str:
    """The id of the newest trace of experiment 1."""
    with server.client() as client:
        found = client.post(
            "/api/3.0/mlflow/traces/search",
            json={"locations": [{"mlflow_experiment": {"experiment_id": "1"}}], "max_results": 1},
        )
    return str(found.json()["traces"][0]["trace_id"])


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield chromium
        chromium.close()


class Watched:
    """A page, and everything that went wrong on it."""

    def __init__(self, page: "Page", base: str) -> None:
        self.page = page
        self.base = base
        self.wrong: list[str] = []
        page.on("response", lambda reply: self._replied(reply.status, f"{reply.request.method} {reply.url}"))
        page.on("requestfailed", lambda request: self._failed(request.failure or "", request.url))
        page.on("console", lambda line: self._said(line.type, line.text))
        page.on("pageerror", lambda error: self._threw(str(error)))

    def open(self, path: str, shown: str) -> str:
        """The page's text once it shows `shown`, and late requests have had their time."""
        self.page.goto(self.base + path)
        shows = "text => document.body.innerText.includes(text)"
        self.page.wait_for_function(shows, arg=shown, timeout=30_000)
        self.page.wait_for_timeout(700)
        return self.page.inner_text("body")

    def _replied(self, status: int, what: str) -> None:
        if status >= 400:
            self.wrong.append(f"{status} {what}")

    def _threw(self, what: str) -> None:
        if not _harmless(what):
            self.wrong.append(f"threw {what}")

    def _failed(self, why: str, url: str) -> None:
        if why != "net::ERR_ABORTED":  # the UI takes back what it needs no longer
            self.wrong.append(f"{why} {url}")

    def _said(self, kind: str, text: str) -> None:
        if kind == "error" and not _harmless(text):
            self.wrong.append(text)


def _harmless(text: str) -> bool:
    """Chromium's way to say "in the next frame"."""
    return "ResizeObserver loop" in text


@pytest.fixture(scope="module")
def watched(browser: "Browser", server: Server) -> Watched:
    """A signed-in page."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(server.url)
    page.fill("#token", server.token.text)
    page.click("button")
    page.wait_for_selector("#root *")
    return Watched(page, server.url)


def test_a_wrong_token_is_told_on_the_sign_in_page(browser: "Browser", server: Server) -> None:
    page = browser.new_page()
    page.goto(server.url)
    page.fill("#token", "nonsense")
    page.click("button")
    page.wait_for_function("document.querySelector('#problem').textContent.includes('not valid')")
    page.close()


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/#/", "Experiments"),
        ("/#/experiments", "churn"),
        ("/#/experiments/1/runs", "run-2"),
        ("/#/experiments/1/runs?compareRunsMode=CHART", "acc"),
        ("/#/experiments/1/runs?compareRunsMode=ARTIFACT", "table.json"),
        ("/#/experiments/1/models", "forest"),
        ("/#/experiments/1/runs/{run}", "run-0"),
        ("/#/experiments/1/runs/{run}/model-metrics", "acc"),
        ("/#/experiments/1/runs/{run}/artifacts/notes.txt", "hello artifacts"),
        ("/#/experiments/1/runs/{run}/artifacts/table.json", "table.json"),
        ('/#/compare-runs?runs=["{run}","{other}"]&experiments=["1"]', "Comparing 2 Runs"),
        ("/#/models", "forest"),
        ("/#/models/forest", "Who leaves"),
        ("/#/models/forest/versions/1", "Version 1"),
        ("/#/experiments/1/traces", "because"),
        ("/#/experiments/1/traces?selectedEvaluationId={trace}", "look-up"),
        ("/#/experiments/1/overview/usage", "Traces"),
        ("/#/experiments/1/overview/quality", "helpful"),
        ("/#/experiments/1/chat-sessions", "Sessions view has moved"),
        ("/#/experiments/1/datasets", "questions"),
        ("/#/experiments/1/judges", "judge"),
        ("/#/experiments/1/review-queue", "first look"),
        ("/#/experiments/1/evaluation-runs", "run"),
        ("/#/experiments/1/runs/{run}/traces", "trace"),
        ("/#/prompts", "greeting"),
        ("/#/prompts/greeting", "greeting"),
    ],
)
def test_every_page_works(watched: Watched, server: Server, runs: list[str], path: str, shown: str) -> None:
    watched.wrong.clear()

    names = {"run": runs[0], "other": runs[1], "trace": newest_trace(server)}
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", value)
    text = watched.open(path, shown)

    assert watched.wrong == []
    assert "Something went wrong" not in text


def test_a_trace_is_reviewed_in_a_queue(watched: Watched, runs: list[str]) -> None:
    watched.wrong.clear()
    page = watched.page
    page.set_default_timeout(60_000)

    watched.open("/#/experiments/1/review-queue", "first look")
    page.get_by_role("button", name="Manage questions").click()
    page.wait_for_selector("[role=dialog] >> text=Is it clear?")
    page.keyboard.press("Escape")
    page.wait_for_selector("[role=dialog]", state="detached")
    page.get_by_text("first look").first.click()
    page.get_by_role("button", name="Start review").click()
    page.get_by_role("button", name="Assign myself").click()
    page.wait_for_selector("text=Assign myself", state="detached")
    page.get_by_text("clear", exact=True).click()
    page.wait_for_selector("text=Completed (1)")

    assert watched.wrong == []
