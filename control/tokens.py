"""The tokens of an instance, in the words of the Model Experiments API; its own server keeps them."""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, field

from trackstack.control.access.callers import EDITOR, VIEWER
from trackstack.control.bodies import Payload, changes
from trackstack.control.calls import Call
from trackstack.control.errors import ApiError, conflict, invalid, missing, unavailable
from trackstack.control.faults import public
from trackstack.control.fields import (
    Content,
    Description,
    DescriptionChange,
    LabelPatch,
    Labels,
    Moment,
    Name,
    Ttl,
    Uuid,
    as_description,
    as_name,
    require_free_labels,
    uuid,
)
from trackstack.control.fleet import Member, State
from trackstack.control.instances import INSTANCE
from trackstack.control.routes import Route
from trackstack.control.token_ids import from_uuid, to_uuid
from trackstack.stacks import tokens
from trackstack.stacks.errors import InstanceNotFound, InvalidSpec, StackError, TokenNotFound
from trackstack.stacks.tokens import AccessToken

ANSWERS: tuple[State, ...] = ("active", "updating", "reconciling")
"""The states in which an instance is asked for its tokens."""
SIX_MONTHS = "184d"  # whichever they are


class TokenMetadata(Struct, rename="camel", kw_only=True):
    """A token of an instance; inactive once it is expired."""

    id: Uuid
    name: Name
    region: str
    state: Literal["creating", "active", "deleting", "inactive"]
    valid_until: Moment
    description: Description | UnsetType = UNSET
    labels: Labels | UnsetType = UNSET


class Token(TokenMetadata, rename="camel", kw_only=True):
    """A token with its content."""

    content: Content


class TokenResponse(Struct):
    token: TokenMetadata
    message: str


class CreateInstanceTokenResponse(Struct):
    token: Token
    message: str


class ListInstanceTokensResponse(Struct):
    tokens: list[TokenMetadata]
    message: str


class CreateInstanceTokenPayload(Payload):
    name: Name
    description: DescriptionChange = ""
    labels: Labels = field(default_factory=dict)
    ttl_duration: Ttl = ""


class PartialUpdateInstanceTokenPayload(Payload):
    name: Name | UnsetType = UNSET
    description: DescriptionChange | UnsetType = UNSET
    labels: LabelPatch = field(default_factory=dict)


async def list_(call: Call) -> ListInstanceTokensResponse:
    """List the tokens of an instance, expired ones too."""
    member, found = await _asked(call, tokens.list_tokens)
    shown = [TokenMetadata(**_fields(each, member)) for each in found]
    return ListInstanceTokensResponse(shown, "successfully fetched instance tokens")


async def create(call: Call, body: CreateInstanceTokenPayload) -> CreateInstanceTokenResponse:
    """Create a token for an instance's SDK and REST API; its content is told this once."""
    require_free_labels(body.labels)
    settings = {
        "name": body.name,
        "description": body.description,
        "labels": body.labels,
        "ttl": body.ttl_duration or SIX_MONTHS,
    }
    member, made = await _asked(call, tokens.create, settings)
    token = Token(**_fields(made, member), content=str(made.content))
    return CreateInstanceTokenResponse(token, "successfully created instance token")


async def get(call: Call) -> TokenResponse:
    """Get a token of an instance, without its content."""
    member, found = await _asked(call, tokens.get, _id(call))
    return TokenResponse(TokenMetadata(**_fields(found, member)), "successfully fetched instance token")


async def change(call: Call, body: PartialUpdateInstanceTokenPayload) -> TokenResponse:
    """Change what a token is called; what is not given stays."""
    require_free_labels({key: value for key, value in body.labels.items() if value is not None})
    given = changes(body, {"name": "name", "description": "description", "labels": "labels"})
    member, changed = await _asked(call, tokens.change, _id(call), given)
    return TokenResponse(TokenMetadata(**_fields(changed, member)), "successfully updated instance token")


async def delete(call: Call) -> TokenResponse:
    """Revoke a token; the instance refuses it from then on."""
    member, ended = await _asked(call, tokens.revoke, _id(call))
    return TokenResponse(TokenMetadata(**_fields(ended, member)), "successfully deleted instance token")


async def _asked(call: Call, ask: Any, *arguments: Any) -> tuple[Member, Any]:
    """What the instance answers. Raises ApiError, 409 for an instance that does not run."""
    member = await call.member()
    if member.state not in ANSWERS:
        raise conflict(f"{member.instance.spec.name} is {member.state}; wait until it is active.")
    try:
        return member, await call.blocking(ask, call.fleet.project, member.stack, *arguments)
    except StackError as error:
        raise _refusal(error, call) from None


def _refusal(error: StackError, call: Call) -> ApiError:
    text = public(error, call.fleet.project)
    if isinstance(error, InvalidSpec):
        return invalid(text)
    if isinstance(error, TokenNotFound):
        return missing("There is no such token of this instance.")
    if isinstance(error, InstanceNotFound):  # it was deleted just now
        return missing(text)
    return unavailable(text)


def _id(call: Call) -> str:
    text = uuid("tokenId", call.params["tokenId"])
    id_ = from_uuid(text)
    if id_ is None:
        raise missing(f"There is no token {text} of this instance.")
    return id_


def _fields(token: AccessToken, member: Member) -> dict[str, Any]:
    """What the command line allowed and this API does not is written as nearly as it can be."""
    return {
        "id": to_uuid(token.id),
        "name": as_name(token.name),
        "region": member.region,
        "state": token.state,
        "valid_until": f"{token.valid_until:%Y-%m-%dT%H:%M:%SZ}",
        "description": as_description(token.description) or UNSET,
        "labels": token.labels or UNSET,
    }


TOKENS = INSTANCE + "/tokens"
TOKEN = TOKENS + "/{tokenId}"

ROUTES = (
    Route("GET", TOKENS, list_, needs=VIEWER, refuses=(409,)),
    Route("POST", TOKENS, create, needs=EDITOR, status=202, refuses=(409,)),
    Route("GET", TOKEN, get, needs=VIEWER, refuses=(409,)),
    Route("PATCH", TOKEN, change, needs=EDITOR, status=202, refuses=(409,)),
    Route("DELETE", TOKEN, delete, needs=EDITOR, status=202, refuses=(409,)),
)
