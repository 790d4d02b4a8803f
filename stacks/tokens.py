"""An instance's access tokens, which its server keeps: made, listed, rotated and revoked over HTTP, with the
instance's admin token. Nothing here imports pulumi."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from trackstack.stacks import admin
from trackstack.stacks.errors import TokenNotFound
from trackstack.stacks.project import Project

_PATH = "/tokens"


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
    return _token(admin.ask(project, name, "POST", _PATH, settings)["token"])


def list_tokens(project: Project, name: str) -> list[AccessToken]:
    """Every token but the admin token, oldest first, expired ones too."""
    return [_token(each) for each in admin.ask(project, name, "GET", _PATH)["tokens"]]


def get(project: Project, name: str, token_id: str) -> AccessToken:
    """One token. Raises TokenNotFound."""
    return _one(project, name, "GET", token_id)


def change(project: Project, name: str, token_id: str, changes: Mapping[str, Any]) -> AccessToken:
    """The token with another name, description or labels: these are merged, None removes one.

    Raises TokenNotFound.
    """
    return _one(project, name, "PATCH", token_id, changes)


def rotate(project: Project, name: str, token_id: str, settings: Mapping[str, Any]) -> AccessToken:
    """The token's successor with its content; `settings` are overlap and ttl. Raises TokenNotFound."""
    return _one(project, name, "POST", token_id, settings, "/rotate")


def revoke(project: Project, name: str, token_id: str) -> AccessToken:
    """End a token at once; what it was. Raises TokenNotFound."""
    return _one(project, name, "DELETE", token_id)


def _one(
    project: Project,
    name: str,
    method: str,
    token_id: str,
    body: Mapping[str, Any] | None = None,
    verb: str = "",
) -> AccessToken:
    path = f"{_PATH}/{quote(token_id, safe='')}{verb}"
    try:
        return _token(admin.ask(project, name, method, path, body)["token"])
    except admin.NotThere as error:
        raise TokenNotFound(f"{error}; `trackstack token list {name}` shows those there are") from None


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
