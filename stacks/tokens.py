"""An instance's access tokens, which its server keeps: made, listed, rotated and revoked over HTTP, with the
instance's admin token. Nothing here imports pulumi."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from trackstack.stacks import instances
from trackstack.stacks.errors import InvalidSpec, StackError, TokenNotFound
from trackstack.stacks.project import Project

_PATH = "/api/2.0/trackstack/tokens"
_TIMEOUT_S = 30.0


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    """What the server tells of a token. `content` is the token itself: told once, when it is made.

    `user` and `tenant` are empty for a token of nobody in particular, of no tenant.
    """

    id: str
    name: str
    description: str
    labels: dict[str, str]
    scope: str
    user: str
    tenant: str
    state: str
    created: datetime
    valid_until: datetime
    last_used: datetime | None
    content: str | None


def create(project: Project, name: str, settings: Mapping[str, Any]) -> AccessToken:
    """A new token with its content; `settings` are name, scope, ttl, description, labels, user
    and tenant.

    As all of these: raises InstanceNotFound, InvalidSpec for what the server does not allow, and StackError
    where it does not answer.
    """
    return _token(_request(project, name, "POST", "", settings)["token"])


def list_tokens(project: Project, name: str) -> list[AccessToken]:
    """Every token but the admin token, oldest first, expired ones too."""
    return [_token(each) for each in _request(project, name, "GET", "")["tokens"]]


def get(project: Project, name: str, token_id: str) -> AccessToken:
    """One token. Raises TokenNotFound."""
    return _token(_request(project, name, "GET", f"/{quote(token_id, safe='')}")["token"])


def change(project: Project, name: str, token_id: str, changes: Mapping[str, Any]) -> AccessToken:
    """The token with another name, description or labels: these are merged, None removes one.

    Raises TokenNotFound.
    """
    return _token(_request(project, name, "PATCH", f"/{quote(token_id, safe='')}", changes)["token"])


def rotate(project: Project, name: str, token_id: str, settings: Mapping[str, Any]) -> AccessToken:
    """The token's successor with its content; `settings` are overlap and ttl. Raises TokenNotFound."""
    path = f"/{quote(token_id, safe='')}/rotate"
    return _token(_request(project, name, "POST", path, settings)["token"])


def revoke(project: Project, name: str, token_id: str) -> AccessToken:
    """End a token at once; what it was. Raises TokenNotFound."""
    return _token(_request(project, name, "DELETE", f"/{quote(token_id, safe='')}")["token"])


def _request(
    project: Project, name: str, method: str, path: str, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    instance = instances.show(project, name)
    if instance.state not in ("active", "reconciling"):  # somebody else may listen there: no token for them
        raise StackError(f"{name} is {instance.state}; `trackstack start {instance.stack}` has it answer")
    headers = {
        "Authorization": f"Bearer {instances.token(project, name)}",
        "Content-Type": "application/json",
    }
    # Straight to the instance: no proxy of the environment's, no redirect, sees its admin token.
    connection = http.client.HTTPConnection(urlsplit(instance.url).netloc, timeout=_TIMEOUT_S)
    try:
        connection.request(method, _PATH + path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        document = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        remedy = f"`trackstack start {instance.stack}` mends it"
        raise StackError(f"{name} does not answer at {instance.url} ({error}); {remedy}") from None
    finally:
        connection.close()
    if response.status != 200:
        raise _refusal(name, response.status, str(document.get("message", document)))
    return dict(document)


def _refusal(name: str, status: int, message: str) -> StackError:
    if status == 400:
        return InvalidSpec(message)
    if status == 404:
        return TokenNotFound(f"{message}; `trackstack token list {name}` shows those there are")
    return StackError(f"{name} refuses ({status}): {message}")


def _token(document: Mapping[str, Any]) -> AccessToken:
    return AccessToken(
        id=document["id"],
        name=document["name"],
        description=document["description"],
        labels=document["labels"],
        scope=document["scope"],
        user=document["user"],
        tenant=document["tenant"],
        state=document["state"],
        created=_time(document["created_at"]),
        valid_until=_time(document["valid_until"]),
        last_used=_time(document["last_used_at"]) if document["last_used_at"] else None,
        content=document.get("content"),
    )


def _time(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC)
