"""The API that hands tokens out: for who holds one with the scope admin."""

import re
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from trackstack import durations, tokens
from trackstack.server.access.objects import NOTHING
from trackstack.server.bodies import Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.routes import ADMIN, Route, Scope
from trackstack.server.store.tokens import TokenRow

DEFAULT_TTL = "90d"
LONGEST_TTL = "184d"  # six months, whichever they are
LONGEST_OVERLAP = "24h"

_LABEL_KEY = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\Z")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\Z")
_TENANT = re.compile(r"[A-Za-z0-9_.-]{0,64}\Z")

Name = Annotated[str, Meta(min_length=1)]
ScopeName = Literal["read", "write", "admin"]
State = Literal["active", "inactive", "deleting"]


class TokenInfo(Struct, kw_only=True):
    """A token as its owner sees it; times in milliseconds. `content` is the token itself, told once.

    `user` and `tenant` are empty for a token that stands for nobody in particular, for no tenant.
    """

    id: str
    name: str
    description: str
    labels: dict[str, str]
    scope: ScopeName
    user: str
    tenant: str
    state: State
    created_at: int
    valid_until: int
    last_used_at: int | None
    content: str | UnsetType = UNSET


class One(Struct):
    token: TokenInfo


class Many(Struct):
    tokens: list[TokenInfo]


class CreateToken(Message):
    name: Required
    description: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    scope: ScopeName = "write"
    user: str = ""
    tenant: str = ""
    ttl: str = DEFAULT_TTL


class ChangeToken(Message):
    token_id: Required
    name: Name | None = None
    description: str | None = None
    labels: dict[str, str | None] = field(default_factory=dict)


class RotateToken(Message):
    token_id: Required
    overlap: str = "0s"
    ttl: str | None = None


class TokenRef(Message):
    token_id: Required


async def create(call: Call, body: CreateToken) -> One:
    """The token with its content, which is never shown again."""
    _describable(body.name, body.description, dict(body.labels))
    check_user(body.user)
    _check_tenant(body.tenant)
    if body.tenant and body.scope == "admin":
        raise invalid("A tenant's token cannot have the scope admin: it could make tokens for other tenants.")
    row, token = _minted(call.now, body.ttl)
    row = row._replace(
        scope=Scope[body.scope.upper()],
        name=body.name,
        description=body.description,
        labels=body.labels,
        user=body.user,
        tenant=body.tenant,
    )
    await call.store.tokens.add(row)
    return One(_info(row, call.now, content=token.text))


async def list_(call: Call) -> Many:
    """Every token of this instance, expired ones too."""
    return Many([_info(row, call.now) for row in await call.store.tokens.all()])


async def get(call: Call, body: TokenRef) -> One:
    return One(_info(await call.store.tokens.get(body.token_id), call.now))


async def change(call: Call, body: ChangeToken) -> One:
    """Changes what is given; labels are merged and null removes one."""
    _describable(body.name, body.description, body.labels)
    row = await call.store.tokens.describe(body.token_id, body.name, body.description, body.labels)
    return One(_info(row, call.now))


async def revoke(call: Call, body: TokenRef) -> One:
    """Ends a token at once; its sessions end with it."""
    row = await call.store.tokens.revoke(body.token_id)
    info = _info(row, call.now)
    info.state = "deleting"
    return One(info)


async def rotate(call: Call, body: RotateToken) -> One:
    """A successor that differs in nothing else; the old token lives on for `overlap`, 24h at most."""
    old = await call.store.tokens.get(body.token_id)
    grace = _millis("overlap", body.overlap, LONGEST_OVERLAP)
    row, token = _minted(call.now, body.ttl or f"{max(1, old.valid_until - old.created_at) / 1000:.0f}s")
    row = old._replace(
        id=token.id,
        digest=token.digest,
        created_at=row.created_at,
        valid_until=row.valid_until,
        last_used_at=None,
    )
    await call.store.tokens.replace(body.token_id, row, call.now + grace)
    return One(_info(row, call.now, content=token.text))


def _minted(now: int, ttl: str) -> tuple[TokenRow, tokens.Token]:
    token = tokens.mint()
    until = now + _millis("ttl", ttl, LONGEST_TTL)
    if until == now:
        raise invalid(f"ttl {ttl!r} ends at once; give at least a second.")
    return TokenRow(token.id, token.digest, Scope.READ, "", "", {}, "", "", now, until), token


def _millis(what: str, text: str, most: str) -> int:
    try:
        length = durations.parse(text)
    except ValueError as error:
        raise invalid(f"{what} {error}") from None
    if length > durations.parse(most):
        raise invalid(f"{what} {text!r} is too long; {most} at most.")
    return int(length.total_seconds() * 1000)


def _describable(name: str | None, description: str | None, labels: dict[str, str | None]) -> None:
    for what, text, most in (("name", name, 64), ("description", description, 160)):
        if text is not None and (len(text) > most or not text.isprintable()):
            raise invalid(f"{what} must have {most} printable characters at most, not {text[:200]!r}.")
    if len(labels) > 64:
        raise invalid(f"A token has 64 labels at most, not {len(labels)}.")
    for key, value in labels.items():
        if len(key) > 63 or not _LABEL_KEY.match(key):
            raise invalid(f"{key[:200]!r} is no label's key: letters, digits, '-', '_', '.', 63 at most.")
        if value is not None and (len(value) > 63 or not _LABEL_VALUE.match(value)):
            raise invalid(f"{value[:200]!r} is no label's value: letters, digits, '-', '_', '.', 63 at most.")


def check_user(name: str, field: str = "user") -> None:
    """Raises ApiError for what cannot be a user's name; empty is nobody's."""
    if len(name) > 254 or not name.isprintable() or name != name.strip():
        raise invalid(f"{field} must be a name of 254 printable characters at most, not {name[:300]!r}.")


def _check_tenant(tenant: str) -> None:
    if not _TENANT.match(tenant):
        raise invalid(f"tenant must be letters, digits, '_', '.', '-', 64 at most, not {tenant[:100]!r}.")


def _info(row: TokenRow, now: int, content: str | UnsetType = UNSET) -> TokenInfo:
    return TokenInfo(
        id=row.id,
        name=row.name,
        description=row.description,
        labels=row.labels,
        scope=_SCOPES[row.scope],
        user=row.user,
        tenant=row.tenant,
        state="active" if row.valid_until > now else "inactive",
        created_at=row.created_at,
        valid_until=row.valid_until,
        last_used_at=row.last_used_at,
        content=content,
    )


_SCOPES: dict[int, ScopeName] = {Scope.READ: "read", Scope.WRITE: "write", Scope.ADMIN: "admin"}

_PATH = "/2.0/trackstack/tokens"
ROUTES = (
    Route("POST", _PATH, create, needs=ADMIN, on=NOTHING),
    Route("GET", _PATH, list_, needs=ADMIN, on=NOTHING),
    Route("GET", _PATH + "/{token_id}", get, needs=ADMIN, on=NOTHING),
    Route("PATCH", _PATH + "/{token_id}", change, needs=ADMIN, on=NOTHING),
    Route("DELETE", _PATH + "/{token_id}", revoke, needs=ADMIN, on=NOTHING),
    Route("POST", _PATH + "/{token_id}/rotate", rotate, needs=ADMIN, on=NOTHING),
)
