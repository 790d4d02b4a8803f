"""The tokens of an instance, through the control plane and on the instance."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.control.serving import ControlPlane, assert_error, until

from trackstack import tokens
from trackstack.control.token_ids import from_uuid, to_uuid

NOBODY = "94649fc3-5e97-4229-a891-b840f6bd67a8"


def works(instance: dict[str, Any], token: str) -> bool:
    answer = httpx.get(
        f"{instance['url']}/api/2.0/mlflow/experiments/get",
        params={"experiment_id": "0"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200


def test_a_token_lives_from_create_to_revocation(plane: ControlPlane, demo: dict[str, Any]) -> None:
    client = plane.client()
    where = f"/instances/{demo['id']}/tokens"

    answer = client.post(
        where, json={"name": "ci", "description": "for: CI", "ttlDuration": "1d12h", "labels": {"a": "b"}}
    )
    token = answer.json()["token"]
    content = token.pop("content")
    assert answer.status_code == 202
    assert (token["state"], token["region"], token["name"]) == ("active", "eu01", "ci")
    left = datetime.fromisoformat(token["validUntil"]) - datetime.now(UTC)
    assert timedelta(hours=35) < left <= timedelta(hours=36)
    assert works(demo, content)

    assert client.get(f"{where}/{token['id']}").json()["token"] == token
    assert token in client.get(where).json()["tokens"]
    answer = client.patch(
        f"{where}/{token['id']}", json={"name": "other", "description": "", "labels": {"a": None, "c": "d"}}
    )
    changed = {key: value for key, value in token.items() if key != "description"}
    changed |= {"name": "other", "labels": {"c": "d"}}
    assert (answer.status_code, answer.json()["token"]) == (202, changed)
    assert client.patch(f"{where}/{token['id']}", json={}).json()["token"] == changed

    answer = client.delete(f"{where}/{token['id']}")
    assert (answer.status_code, answer.json()["token"]["state"]) == (202, "deleting")
    until(lambda: not works(demo, content), "the token is refused")
    assert_error(client.get(f"{where}/{token['id']}"), 404)
    assert_error(client.delete(f"{where}/{token['id']}"), 404)
    assert_error(client.patch(f"{where}/{token['id']}", json={}), 404)
    assert content.rpartition(".")[2] not in plane.log


def test_a_token_is_valid_for_six_months_by_default_and_at_most(
    plane: ControlPlane, demo: dict[str, Any]
) -> None:
    client = plane.client()
    where = f"/instances/{demo['id']}/tokens"

    token = client.post(where, json={"name": "long"}).json()["token"]

    left = datetime.fromisoformat(token["validUntil"]) - datetime.now(UTC)
    assert timedelta(days=183) < left <= timedelta(days=184)
    for ttl in ("184d1s", "200d", "0s", "1y", "P30D", "-1d"):
        assert_error(client.post(where, json={"name": "long", "ttlDuration": ttl}), 400)
    client.delete(f"{where}/{token['id']}")


def test_an_expired_token_is_inactive_and_refused(plane: ControlPlane, demo: dict[str, Any]) -> None:
    client = plane.client()
    where = f"/instances/{demo['id']}/tokens"
    token = client.post(where, json={"name": "short", "ttlDuration": "1s"}).json()["token"]
    time.sleep(1)

    until(lambda: client.get(f"{where}/{token['id']}").json()["token"]["state"] == "inactive")

    assert not works(demo, token["content"])
    client.delete(f"{where}/{token['id']}")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x" * 65},
        {"name": "a/b"},
        {"name": "d", "description": "x" * 161},
        {"name": "d", "labels": {"stackit-a": "b"}},
        {"name": "d", "labels": {"a": None}},
        {"name": "d", "ttl": "1d"},
    ],
)
def test_a_token_that_cannot_be_is_refused(plane: ControlPlane, demo: dict[str, Any], body: Any) -> None:
    where = f"/instances/{demo['id']}/tokens"
    before = plane.client().get(where).json()

    assert_error(plane.client().post(where, json=body), 400)

    assert plane.client().get(where).json() == before


def test_what_is_no_token_is_not_found(plane: ControlPlane, demo: dict[str, Any]) -> None:
    client = plane.client()
    absent = to_uuid(tokens.mint().id)

    assert_error(client.get(f"/instances/{demo['id']}/tokens/{NOBODY}"), 404, "no token")
    assert_error(client.get(f"/instances/{demo['id']}/tokens/{absent}"), 404, "no such token")
    assert_error(client.get(f"/instances/{demo['id']}/tokens/x"), 400, "tokenId")


def test_tokens_of_the_command_line_are_told_in_the_apis_words(
    plane: ControlPlane, demo: dict[str, Any]
) -> None:
    made = json.loads(
        plane.command("token", "create", "demo", "--name", "café 1", "--description", "100%", "--json")
    )["token"]
    client = plane.client()

    listed = client.get(f"/instances/{demo['id']}/tokens").json()["tokens"]

    (token,) = (each for each in listed if each["id"] == to_uuid(made["id"]))
    assert (token["name"], token["description"]) == ("caf- 1", "100-")
    client.delete(f"/instances/{demo['id']}/tokens/{token['id']}")


@given(st.binary(min_size=9, max_size=9))
def test_an_id_is_a_uuid_and_back(raw: bytes) -> None:
    from base64 import urlsafe_b64encode

    id_ = urlsafe_b64encode(raw).decode()
    assert from_uuid(to_uuid(id_)) == id_


@given(st.uuids())
def test_another_uuid_is_no_id(other: Any) -> None:
    id_ = from_uuid(str(other))
    assert id_ is None or to_uuid(id_) == str(other)
