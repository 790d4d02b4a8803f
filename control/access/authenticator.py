"""Who is calling: a token of the control plane's own, or one of an OpenID provider's."""

import asyncio
import logging

from trackstack import tokens
from trackstack.control.access.callers import Caller, Role
from trackstack.control.access.oidc import OpenIdTokens
from trackstack.control.access.tokens import AccessFile, AccessToken
from trackstack.control.errors import unauthorized, unavailable
from trackstack.stacks.errors import StackError
from trackstack.tokens import Token

log = logging.getLogger("trackstack.control")

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
        if token and (known := self._find(token)):
            return Caller(f"token:{known.id}", {known.project: Role[known.role.upper()]})
        if token is None and self._oidc and text.count(".") == 2 and len(text) <= _LONGEST:
            return await asyncio.to_thread(self._oidc.caller, text)
        raise unauthorized("The token is not valid here: unknown, expired or revoked.")

    def _find(self, token: Token) -> AccessToken | None:
        try:
            return self._file.find(token)
        except (StackError, OSError) as error:
            log.error("%s", error)
            raise unavailable("The tokens of the control plane cannot be read; its log says why.") from None
