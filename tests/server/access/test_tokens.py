"""Tokens are told once, end in time, and are refused everywhere at once when they are revoked."""

import sqlite3
import time
from contextlib import closing
from typing import Any

import httpx
import pytest
from tests.server.conftest import Start
from tests.server.serving import Server

from trackstack import tokens

TOKENS = "/api/2.0/trackstack/tokens"
SEARCH = "/api/2.0/mlflow/experiments/search"


def create(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    reply = client.post(TOKENS, json={"name": "ci", **fields})
    assert reply.status_code == 200, reply.text
    token: dict[str, Any] = reply.json()["token"]
    return token


def search(server: Server, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(server.url + SEARCH, json={"max_results": 1}, headers=headers)


def test_a_token_is_told_once_and_works(client: httpx.Client, server: Server) -> None:
    token = create(client, description="nightly build", labels={"team": "vision"}, scope="read", ttl="30d")

    assert tokens.parse(token["content"])
    assert token["valid_until"] - token["created_at"] == 30 * 86_400_000
    assert search(server, token["content"]).status_code == 200
    kept = client.get(f"{TOKENS}/{token['id']}").json()["token"]
    assert "content" not in kept
    assert kept["labels"] == {"team": "vision"}
    assert token["id"] in {row["id"] for row in client.get(TOKENS).json()["tokens"]}


def test_ninety_days_are_the_default_and_six_months_the_most(client: httpx.Client) -> None:
    token = create(client)
    assert token["valid_until"] - token["created_at"] == 90 * 86_400_000

    refused = client.post(TOKENS, json={"name": "ci", "ttl": "185d"})

    assert refused.status_code == 400
    assert refused.json()["message"] == "ttl '185d' is too long; 184d at most."


def test_a_revoked_token_is_refused_within_a_second(client: httpx.Client, server: Server) -> None:
    token = create(client)
    assert search(server, token["content"]).status_code == 200

    revoked = client.delete(f"{TOKENS}/{token['id']}").json()["token"]

    assert revoked["state"] == "deleting"
    time.sleep(1.1)
    assert search(server, token["content"]).status_code == 401
    assert client.get(f"{TOKENS}/{token['id']}").status_code == 404


def test_an_expired_token_is_inactive_and_refused(client: httpx.Client, server: Server) -> None:
    token = create(client, ttl="1s")
    time.sleep(1.1)

    assert search(server, token["content"]).status_code == 401
    assert client.get(f"{TOKENS}/{token['id']}").json()["token"]["state"] == "inactive"


def test_labels_are_merged_and_null_removes_one(client: httpx.Client) -> None:
    token = create(client, labels={"a": "1", "b": "2"})

    changed = client.patch(f"{TOKENS}/{token['id']}", json={"labels": {"b": None, "c": "3"}, "name": "cd"})

    assert changed.json()["token"]["labels"] == {"a": "1", "c": "3"}
    assert changed.json()["token"]["name"] == "cd"


def test_a_token_stands_for_nobody_in_particular_unless_it_says_so(client: httpx.Client) -> None:
    token = create(client)

    assert (token["user"], token["tenant"]) == ("", "")


def test_a_rotated_token_lives_on_for_the_overlap(client: httpx.Client, server: Server) -> None:
    old = create(client, scope="read", user="ada@example.org", tenant="vision")

    new = client.post(f"{TOKENS}/{old['id']}/rotate", json={"overlap": "1h"}).json()["token"]

    assert new["id"] != old["id"]
    assert (new["name"], new["scope"]) == ("ci", "read")
    assert (new["user"], new["tenant"]) == ("ada@example.org", "vision")
    assert search(server, old["content"]).status_code == search(server, new["content"]).status_code == 200
    kept = client.get(f"{TOKENS}/{old['id']}").json()["token"]
    assert kept["valid_until"] < old["valid_until"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"description": "x" * 161}, "description"),
        ({"labels": {"-a": "b"}}, "label"),
        ({"labels": {"a": "x" * 64}}, "label"),
        ({"ttl": "soon"}, "ttl"),
        ({"ttl": "0s"}, "ttl"),
        ({"scope": "root"}, "scope"),
        ({"user": "x" * 255}, "user"),
        ({"user": "a\nb"}, "user"),
        ({"user": " "}, "user"),
        ({"tenant": "x" * 65}, "tenant"),
        ({"tenant": "a b"}, "tenant"),
        ({"tenant": "vision", "scope": "admin"}, "tenant"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_bad_values_are_refused_by_name(client: httpx.Client, fields: dict[str, Any], named: str) -> None:
    reply = client.post(TOKENS, json={"name": "ci", **fields})

    assert reply.status_code == 400
    assert reply.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert named in reply.json()["message"]


def test_the_database_holds_no_token_in_clear(start_server: Start, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--store") != "sqlite":
        pytest.skip("reads SQLite's file")
    server = start_server()
    with server.client() as client:
        secret = create(client)["content"].rpartition(".")[2]
    server.stop()

    with closing(sqlite3.connect(server.data_dir / "tracking.db")) as database:
        dump = "\n".join(database.iterdump())

    assert 'INSERT INTO "tokens"' in dump
    assert secret not in dump
    assert secret not in server.log


def test_the_time_of_last_use_is_kept(client: httpx.Client, server: Server) -> None:
    token = create(client)
    assert token["last_used_at"] is None
    search(server, token["content"])

    deadline = time.monotonic() + 5
    while client.get(f"{TOKENS}/{token['id']}").json()["token"]["last_used_at"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
