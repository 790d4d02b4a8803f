"""The tenant that a request is for: that of its header X-Tenant-ID, or of its token."""

import re
from dataclasses import replace
from typing import Annotated

from msgspec import Meta, Struct

from trackstack.server.access.identities import Identity
from trackstack.server.calls import Call
from trackstack.server.errors import PERMISSION_DENIED, ApiError, invalid
from trackstack.server.routes import WRITE

HEADER = "X-Tenant-ID"

_NAME = HEADER.lower().encode()
_TENANT = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")


class TenantHeader(Struct, rename={"tenant": HEADER}):
    """The tenant that a request is for."""

    tenant: Annotated[str, Meta(pattern="^[A-Za-z0-9_.-]{1,64}$")] = ""


def within_tenant(call: Call) -> Identity:
    """The caller, who sees and writes nothing but what is of the tenant that the header names.

    A token that is bound to a tenant may name that one only: ApiError PERMISSION_DENIED otherwise.
    """
    asked, own = call.header(_NAME), call.identity.tenant
    if asked is None:
        return call.identity
    if not _TENANT.match(asked):
        shown = asked[:100]
        raise invalid(f"{HEADER} must be 1 to 64 letters, digits, '_', '.' or '-', not {shown!r}.")
    if own and asked != own:
        raise ApiError(PERMISSION_DENIED, f"The token is for the tenant {own}, not {asked}.")
    # Nobody administers the instance as a tenant: the scope admin knows no limits.
    return replace(call.identity, tenant=asked, scope=min(call.identity.scope, WRITE))
