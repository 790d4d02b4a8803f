"""What a server needs inside a container: settings by environment, probes, proxies, logs, a drain."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pytest
from tests.server.conftest import Start
from tests.server.postgres import Postgres
from tests.server.serving import Server
from tests.server.test_start import serve

from trackstack import __version__
from trackstack.browser import BrowserGuard, ForeignRequest

READ = "/api/2.0/mlflow/experiments/get?experiment_id=0"
PROXIED = {
    "TRACKSTACK_SERVER_ROOT_PATH": "/team-a/",
    "TRACKSTACK_SERVER_ALLOWED_HOSTS": "ml.example.org,*.svc",
    "TRACKSTACK_SERVER_FORWARDED_FROM": "127.0.0.0/8",
}


@pytest.fixture(scope="module")
def proxied(start_server: Start) -> Server:
    """A server that a proxy offers below a path."""
    return start_server(**PROXIED)


@pytest.mark.parametrize("path", [f"/team-a{READ}", READ])
def test_requests_are_served_below_the_path_and_at_the_root(proxied: Server, path: str) -> None:
    with proxied.client() as client:
        reply = client.get(path, headers={"host": "ml.example.org"})

    assert reply.json()["experiment"]["name"] == "Default"


@pytest.mark.parametrize(
    "path", ["/team-ab/health", "/team-a/team-a/health", "/other/health", "/team-a//health"]
)
def test_other_paths_are_unknown(proxied: Server, path: str) -> None:
    assert httpx.get(proxied.url + path).status_code == 404


@pytest.mark.parametrize("prefix", ["", "/team-a"])
@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_probes_reach_it_past_the_proxy(proxied: Server, prefix: str, path: str) -> None:
    reply = httpx.get(proxied.url + prefix + path, headers={"host": "10.1.2.3:5000"})

    assert (reply.status_code, reply.text) == (200, "OK")


def test_the_path_without_its_slash_leads_to_the_one_with(proxied: Server) -> None:
    reply = httpx.get(f"{proxied.url}/team-a?x=1")

    assert (reply.status_code, reply.headers["location"]) == (308, "/team-a/?x=1")


def test_an_error_below_the_path_is_in_its_surfaces_own_shape(proxied: Server) -> None:
    with proxied.client() as client:
        reply = client.get("/team-a/api/v1/services/nope")

    assert reply.status_code == 404
    assert "error_code" not in reply.json()


@pytest.mark.parametrize(
    ("prefix", "scheme", "attributes"),
    [
        ("/team-a", "https", {"Path=/team-a", "Secure"}),
        ("/team-a", "http", {"Path=/team-a"}),
        ("", "https", {"Path=/", "Secure"}),
    ],
)
def test_a_session_holds_below_its_path_alone(
    proxied: Server, prefix: str, scheme: str, attributes: set[str]
) -> None:
    headers = {"x-forwarded-proto": scheme, "host": "ml.example.org"}

    reply = httpx.post(f"{proxied.url}{prefix}/sign-in", json={"token": proxied.token.text}, headers=headers)

    cookie, *given = reply.headers["set-cookie"].split("; ")
    assert {one for one in given if one.startswith("Path") or one == "Secure"} == attributes
    for path, status in ((f"{prefix}{READ}", 200), (f"{'' if prefix else '/team-a'}{READ}", 401)):
        assert httpx.get(proxied.url + path, headers={**headers, "cookie": cookie}).status_code == status


def test_strangers_say_nothing_of_the_scheme(start_server: Start) -> None:
    server = start_server(TRACKSTACK_SERVER_FORWARDED_FROM="10.0.0.0/8,192.0.2.7")

    reply = httpx.post(
        f"{server.url}/sign-in", json={"token": server.token.text}, headers={"x-forwarded-proto": "https"}
    )

    assert "Secure" not in reply.headers["set-cookie"]
    server.stop()


@pytest.mark.parametrize(
    ("allowed", "host", "served"),
    [
        ("*.svc", "demo.svc", True),
        ("*.svc", "demo.team-a.svc:5000", True),
        ("*.svc", "DEMO.svc", True),
        ("*.svc", "svc", False),
        ("*.svc", ".svc", False),
        ("*.svc", "demo.svc.example.org", False),
        ("*.svc", "demoxsvc", False),
        ("demo.*", "demo.team-a", True),
        ("demo.*", "demo.team-a.example.org", False),
        ("demo.*", "demo.", False),
        ("*", "any.example.org", True),
        ("ml.example.org", "xml.example.org", False),
    ],
)
def test_a_star_stands_for_names_below(allowed: str, host: str, served: bool) -> None:
    guard = BrowserGuard([allowed], [], "ALLOWED")

    try:
        guard.check([host.encode()], [], None)
    except ForeignRequest:
        assert not served
    else:
        assert served


def test_the_log_is_a_json_object_a_line(start_server: Start) -> None:
    server = start_server(TRACKSTACK_SERVER_LOG_FORMAT="json")
    server.stop()

    lines = [json.loads(line) for line in server.log.splitlines()]

    assert {"uvicorn.error"} <= {line["logger"] for line in lines}
    assert all({"time", "level", "logger", "message"} == line.keys() for line in lines)
    assert any("Application startup complete" in line["message"] for line in lines)


def test_the_admin_tokens_file_may_be_anywhere(start_server: Start, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    server = start_server(data_dir=folder)
    server.stop()
    (folder / "admin-token").rename(tmp_path / "digest")
    moved = Server(
        tmp_path / "elsewhere",
        server.flags,
        {"TRACKSTACK_SERVER_ADMIN_TOKEN_FILE": str(tmp_path / "digest")},
        server.token,
    )
    moved.start()
    (moved.data_dir / "admin-token").unlink()

    with moved.client() as client:
        assert client.get(READ).status_code == 200
    moved.stop()


def test_it_is_ready_while_the_database_answers(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="trackstack-") as folder:
        postgres = Postgres(Path(folder))
        postgres.start()
        server = Server(tmp_path, ("--database-url", postgres.create("ready")))
        server.start()
        assert ready(server) == 200
        postgres.stop()
        assert becomes(server, 503)
        assert server.healthy()
        postgres.start()
        assert becomes(server, 200)
        server.stop()
        postgres.stop()


def test_it_drains_before_it_stops(start_server: Start) -> None:
    server = start_server(TRACKSTACK_SERVER_DRAIN_S="3")
    assert server.process is not None
    assert ready(server) == 200

    server.process.terminate()

    assert becomes(server, 503)
    with server.client() as client:  # while others notice, it serves
        assert client.get(READ).status_code == 200
    assert server.process.wait(timeout=20) == 0
    server.process = None


def ready(server: Server) -> int:
    return httpx.get(f"{server.url}/ready", timeout=10).status_code


def becomes(server: Server, status: int) -> bool:
    deadline = time.monotonic() + 10
    while ready(server) != status:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_figures_are_for_who_may_read_the_whole_instance(server: Server, client: httpx.Client) -> None:
    def made(**wanted: str) -> dict[str, str]:
        body = {"name": "m", "scope": "read", **wanted}
        token = client.post("/api/2.0/trackstack/tokens", json=body).json()["token"]["content"]
        return {"authorization": f"Bearer {token}"}

    address = f"{server.url}/metrics"

    assert httpx.get(address, headers=made()).status_code == 200
    assert httpx.get(address, headers=made(tenant="vision")).status_code == 403
    assert httpx.get(address).status_code == 401


def test_figures_tell_how_much_there_is_and_what_the_process_takes(start_server: Start) -> None:
    server = start_server(TRACKSTACK_SERVER_METRICS_OPEN="true")
    with server.client() as client:
        for _ in range(3):
            client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"})

    reply = httpx.get(f"{server.url}/metrics")

    lines = [line for line in reply.text.splitlines() if not line.startswith("#")]
    figures = dict(line.rsplit(" ", 1) for line in lines)
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert (figures["trackstack_runs"], figures["trackstack_experiments"]) == ("3", "1")
    assert figures[f'trackstack_info{{version="{__version__}"}}'] == "1"
    assert float(figures["process_resident_memory_bytes"]) > 1e7
    assert 0 <= time.time() - float(figures["process_start_time_seconds"]) < 600
    server.stop()


def healthcheck(*flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trackstack.server", "healthcheck", *flags]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def test_a_healthcheck_is_told_by_its_exit_code(fresh_server: Server) -> None:
    port = str(fresh_server.port)

    well = healthcheck("--host", "0.0.0.0", "--port", port)  # noqa: S104 - what a container listens at
    fresh_server.stop()
    ill = healthcheck("--port", port)

    assert (well.returncode, well.stdout + well.stderr) == (0, "")
    assert (ill.returncode, ill.stderr.count("\n")) == (1, 1)
    assert f"127.0.0.1:{port} does not answer" in ill.stderr


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ROOT_PATH", "team-a", "use a path such as /team-a"),
        ("ROOT_PATH", "/team a", "use a path such as /team-a"),
        ("ROOT_PATH", "//", "use a path such as /team-a"),
        ("FORWARDED_FROM", "proxy", "use addresses and networks"),
        ("FORWARDED_FROM", "10.0.0.1/8", "use addresses and networks"),
        ("LOG_FORMAT", "xml", "use one of text, json"),
        ("ARTIFACT_MODE", "sideways", "use one of direct, proxied"),
        ("RETENTION", "soon", "'soon' is not a duration"),
        ("ADMIN_TOKEN_FILE", "/nowhere", "/nowhere cannot be read"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, name: str, value: str, said: str) -> None:
    done = serve(tmp_path, **{f"TRACKSTACK_SERVER_{name}": value})

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert said in done.stderr


def test_a_setting_that_cannot_be_is_named_in_the_logs_own_form(tmp_path: Path) -> None:
    done = serve(tmp_path, TRACKSTACK_SERVER_LOG_FORMAT="json", TRACKSTACK_SERVER_RETENTION="soon")

    line = json.loads(done.stderr)
    assert (done.returncode, line["level"]) == (1, "error")
    assert "'soon' is not a duration" in line["message"]
