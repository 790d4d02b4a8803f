"""A browser's session: opened with a token, ended with it, worth nothing to anybody else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from tests.server.conftest import Start
from tests.server.serving import Server

from trackstack import tokens
from trackstack.server.access.session import Session

EXPERIMENT = "/ajax-api/2.0/mlflow/experiments/get?experiment_id=0"


@contextmanager
def signed_in(server: Server, token: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url) as browser:
        reply = browser.post("/sign-in", json={"token": token})
        assert reply.status_code == 200, reply.text
        yield browser


def test_who_signed_in_is_let_in_by_the_cookie(server: Server) -> None:
    with signed_in(server, server.token.text) as browser:
        assert browser.get(EXPERIMENT).status_code == 200
        assert browser.post("/sign-out", json={}).status_code == 200
        assert browser.get(EXPERIMENT).status_code == 401


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(server: Server) -> None:
    reply = httpx.post(f"{server.url}/sign-in", json={"token": server.token.text})

    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert server.token.text.rpartition(".")[2] not in cookie


def test_a_wrong_token_opens_no_session(server: Server) -> None:
    reply = httpx.post(f"{server.url}/sign-in", json={"token": tokens.mint().text})

    assert reply.status_code == 401
    assert "set-cookie" not in reply.headers


def test_a_session_ends_with_its_token(server: Server, client: httpx.Client) -> None:
    token = client.post("/api/2.0/trackstack/tokens", json={"name": "browser"}).json()["token"]
    with signed_in(server, token["content"]) as browser:
        assert browser.get(EXPERIMENT).status_code == 200
        client.delete(f"/api/2.0/trackstack/tokens/{token['id']}")
        time.sleep(1.1)
        assert browser.get(EXPERIMENT).status_code == 401


def test_a_forged_or_expired_session_is_refused(server: Server) -> None:
    now = int(time.time())
    forged = Session.sealed(server.token.id, "0" * 64, now + 100)
    expired = Session.sealed(server.token.id, server.token.digest, now - 1)
    prolonged = Session(server.token.id, now + 9999, expired.proof)
    for session in (forged, expired, prolonged):
        cookie = session.cookie(f"127.0.0.1:{server.port}", secure=False).decode().partition(";")[0]
        reply = httpx.get(server.url + EXPERIMENT, headers={"Cookie": cookie})
        assert reply.status_code == 401


@pytest.mark.parametrize("cookie", ["=", "a=b; ;", "trackstack-session=..", "x" * 5000])
def test_a_strange_cookie_is_no_session(server: Server, cookie: str) -> None:
    assert httpx.get(server.url + EXPERIMENT, headers={"Cookie": cookie}).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.com"},
    ],
    ids=lambda headers: next(iter(headers.values())),
)
def test_pages_of_other_sites_cannot_sign_in_or_read(server: Server, headers: dict[str, str]) -> None:
    reply = httpx.post(f"{server.url}/sign-in", json={"token": server.token.text}, headers=headers)
    assert reply.status_code == 403

    with_token = {**headers, "Authorization": f"Bearer {server.token.text}"}
    assert httpx.get(server.url + EXPERIMENT, headers=with_token).status_code == 403


def test_without_authentication_anybody_may_sign_in(start_server: Start) -> None:
    server = start_server("--no-auth")

    with signed_in(server, "anything") as browser:
        assert browser.get(EXPERIMENT).status_code == 200
