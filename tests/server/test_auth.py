"""What is a token, and how it may come."""

import time
from base64 import b64encode

import httpx
import pytest
from tests.server.conftest import Start
from tests.server.serving import Server

from trackstack import tokens

GET_DEFAULT = "/api/2.0/mlflow/experiments/get?experiment_id=0"


def status(server: Server, authorization: str | None, path: str = GET_DEFAULT) -> int:
    headers = {} if authorization is None else {"authorization": authorization}
    return httpx.get(server.url + path, headers=headers).status_code


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer x",
        "Bearer " + "x" * 100_000,
        "Basic Og==",
        "Basic !!",
        "Basic " + b64encode(b"\xff:\xff").decode(),
        "Digest x",
    ],
    ids=lambda value: value[:12],
)
def test_what_is_no_token_of_ours_is_401(server: Server, authorization: str) -> None:
    assert status(server, authorization) in (401, 400)


def test_another_instances_token_is_401(server: Server) -> None:
    assert status(server, f"Bearer {tokens.mint().text}") == 401


def test_a_changed_token_is_401(server: Server) -> None:
    text = server.token.text

    assert status(server, f"Bearer {text[:-1]}{'A' if text[-1] != 'A' else 'B'}") == 401
    assert status(server, None, f"{GET_DEFAULT}&token={text}") == 401


def test_the_token_is_a_bearer_or_a_password(server: Server) -> None:
    basic = b64encode(f"anybody:{server.token.text}".encode()).decode()

    assert status(server, f"Bearer {server.token.text}") == 200
    assert status(server, f"bearer {server.token.text}") == 200
    assert status(server, f"Basic {basic}") == 200


def test_health_needs_no_token(server: Server) -> None:
    assert status(server, None, "/health") == 200


def test_a_replaced_admin_token_holds_without_a_restart(start_server: Start) -> None:
    server = start_server()
    fresh = tokens.mint()
    (server.data_dir / "admin-token").write_text(f"{fresh.id} {fresh.digest}\n")
    for _ in range(60):
        if status(server, f"Bearer {fresh.text}") == 200:
            break
        time.sleep(0.05)

    assert status(server, f"Bearer {fresh.text}") == 200
    assert status(server, f"Bearer {server.token.text}") == 401
    server.stop()
