"""The pages of an instance's tokens. What they change goes through the API's handlers."""

from dataclasses import dataclass

from trackstack.control import tokens as api
from trackstack.control.access.callers import EDITOR
from trackstack.control.answers import Page
from trackstack.control.calls import Call
from trackstack.control.console import forms
from trackstack.control.console.forms import NO_REFUSAL, Refusal
from trackstack.control.console.pages import redirect, shown
from trackstack.control.console.surface import Form
from trackstack.control.errors import ApiError
from trackstack.control.fleet import Member
from trackstack.control.routes import Route

_EMPTY = {"name": "", "description": "", "ttlDuration": "90d"}


@dataclass(frozen=True)
class Kept:
    """An instance's tokens, or why they cannot be shown."""

    tokens: list[api.TokenMetadata]
    error: str = ""


async def kept(call: Call, member: Member) -> Kept:
    """The tokens of the path's instance."""
    if member.state not in api.ANSWERS:
        return Kept([], "Tokens can be seen and made while the instance is active.")
    try:
        return Kept((await api.list_(call)).tokens)
    except ApiError as error:
        return Kept([], error.message)


async def new(call: Call) -> Page:
    """The form of a new token."""
    return shown(call, "token_create.html", member=await call.member(), values=_EMPTY, refusal=NO_REFUSAL)


async def create(call: Call, form: Form) -> Page:
    """Make it and show it: this page is the only one that ever has it."""
    values = {name: form.get(name, "") for name in _EMPTY}
    member = await call.member()
    try:
        made = await api.create(call, forms.payload(api.CreateInstanceTokenPayload, values))
    except ApiError as error:
        if error.status not in (400, 409, 429):
            raise
        refusal = Refusal.of(error, values)
        return shown(call, "token_create.html", error.status, member=member, values=values, refusal=refusal)
    return shown(call, "token_made.html", member=member, token=made.token)


async def doubt(call: Call) -> Page:
    """Whether it is really to be revoked."""
    token = (await api.get(call)).token
    return shown(call, "token_revoke.html", member=await call.member(), token=token)


async def revoke(call: Call, form: Form) -> Page:
    """Revoke it."""
    await api.delete(call)
    member = await call.member()
    return redirect(f"/console/projects/{member.project}/instances/{member.id}#tokens")


TOKENS = "/console/projects/{projectId}/instances/{instanceId}/tokens"

ROUTES = (
    Route("GET", TOKENS + "/new", new, needs=EDITOR),
    Route("POST", TOKENS + "/new", create, needs=EDITOR),
    Route("GET", TOKENS + "/{tokenId}/revoke", doubt, needs=EDITOR),
    Route("POST", TOKENS + "/{tokenId}/revoke", revoke, needs=EDITOR),
)
