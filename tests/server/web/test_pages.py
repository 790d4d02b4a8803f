"""The UI's files, the sign-in page, and the page that says how to add the UI."""

from pathlib import Path

import httpx
import pytest
from tests.server.conftest import Start
from tests.server.serving import Server


@pytest.fixture(scope="module")
def with_ui(start_server: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A server with a small build of its own."""
    folder = tmp_path_factory.mktemp("ui")
    (folder / "index.html").write_text("<title>MLflow</title>")
    (folder / "static").mkdir()
    (folder / "static" / "main.js").write_text("1")
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    return start_server(TRACKSTACK_SERVER_UI_DIR=str(folder))


def test_strangers_see_the_sign_in_page_and_users_the_ui(with_ui: Server) -> None:
    stranger = httpx.get(with_ui.url)
    assert "Paste a token" in stranger.text
    assert "default-src 'self'" in stranger.headers["content-security-policy"]

    with with_ui.client() as client:
        assert client.get("/").text == "<title>MLflow</title>"


def test_files_are_kept_by_browsers_and_asked_for_with_their_tag(with_ui: Server) -> None:
    url = f"{with_ui.url}/static-files/static/main.js"
    first = httpx.get(url)

    assert first.headers["content-type"].startswith("text/javascript")
    assert "max-age" in first.headers["cache-control"]
    again = httpx.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "/etc/passwd",
        "link.txt",
        "static",
        "",
        "a%00b",
        "x" * 5000,
    ],
)
def test_nothing_outside_the_build_is_served(with_ui: Server, path: str) -> None:
    reply = httpx.get(f"{with_ui.url}/static-files/{path}")

    assert reply.status_code == 404
    assert "secret" not in reply.text.replace("secret.txt", "")


def test_without_the_ui_a_page_says_how_to_add_it(start_server: Start, tmp_path: Path) -> None:
    server = start_server(TRACKSTACK_SERVER_UI_DIR=str(tmp_path / "none"))
    with server.client() as client:
        assert "scripts/ui" in client.get("/").text
        assert client.get("/favicon.ico").status_code == 404
