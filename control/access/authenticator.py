"""Who is calling: a token of the control plane's own, or one of an OpenID provider's."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from trackstack import tokens
from trackstack.control.access.callers import Caller, Role
from trackstack.control.access.oidc import OpenIdTokens
from trackstack.control.access.tokens import AccessFile, AccessToken
from trackstack.control.errors import unauthorized, unavailable
from trackstack.stacks.errors import StackError

T = TypeVar("T")

log = logging.getLogger("trackstack.control")

_OWN = "token"  # the kind of caller, in its name
_LONGEST = 16 * 1024  # characters of a token; JWTs have some thousand


class Authenticator:
    """Tells callers from the Authorization header."""

    def __init__(self, file: AccessFile, oidc: OpenIdTokens | None) -> None:
        self._file = file
        self._oidc = oidc

    async def identify(self, authorizations: list[str]) -> Caller:
        """Raises ApiError 401 without one token that is known and valid."""
        scheme, _, text = authorizations[0].partition(" ") if len(authorizations) == 1 else ("", "", "")
        if scheme.lower() != "bearer" or not text:
            raise unauthorized("This needs a token: send 'Authorization: Bearer <token>'.")
        token = tokens.parse(text)
        if token and (known := self._look(self._file.find, token)):
            return _caller(known)
        if token is None and self._oidc and text.count(".") == 2 and len(text) <= _LONGEST:
            return await asyncio.to_thread(self._oidc.caller, text)
        raise unauthorized("The token is not valid here: unknown, expired or revoked.")

    def again(self, caller: Caller) -> Caller:
        """Who was identified before, as of now. Raises ApiError 401 where the token ended meanwhile."""
        kind, _, id_ = caller.name.partition(":")
        if kind != _OWN:
            return caller
        if known := self._look(self._file.valid, id_):
            return _caller(known)
        raise unauthorized("The token with which you signed in is expired or revoked.")

    def _look(self, find: Callable[[T], AccessToken | None], what: T) -> AccessToken | None:
        try:
            return find(what)
        except (StackError, OSError) as error:
            log.error("%s", error)
            raise unavailable("The tokens of the control plane cannot be read; its log says why.") from None


def _caller(token: AccessToken) -> Caller:
    return Caller(f"{_OWN}:{token.id}", {token.project: Role[token.role.upper()]})
