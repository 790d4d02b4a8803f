"""Signing in through an OpenID provider: authorization code with PKCE (OpenID Connect Core 3.1, RFC 7636).

What a person may do follows from the access token, by the very rules of the API; the ID token only proves
that the sign-in is the one that this browser began.
"""

import hashlib
import json
import secrets
import threading
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, build_opener

from trackstack.control.access.callers import Caller
from trackstack.control.access.oidc import TIMEOUT_S, NoRedirect, OpenIdTokens, name
from trackstack.control.errors import ApiError, forbidden, unavailable
from trackstack.control.settings import Settings

_MOST = 1000
_LONGEST_ANSWER = 256 * 1024


@dataclass(frozen=True)
class Started:
    """Where the browser is to go, and what it is to keep so that nobody else ends its sign-in."""

    url: str
    browser: str


@dataclass(frozen=True)
class _Pending:
    browser: str
    nonce: str
    verifier: str
    target: str
    expires: float


class CodeFlow:
    """Sign-ins under way, each good once and for ten minutes."""

    lifetime_s = 600

    def __init__(
        self, settings: Settings, tokens: OpenIdTokens, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._tokens = tokens
        self._clock = clock
        self._pending: dict[str, _Pending] = {}
        self._changing = threading.Lock()

    def start(self, callback: str, target: str) -> Started:
        """A sign-in that is to end at `callback`, and then at `target`. Raises ApiError 503."""
        endpoint = self._tokens.endpoint("authorization_endpoint")
        now, state = self._clock(), secrets.token_urlsafe(32)
        browser, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._changing:
            self._pending = {key: each for key, each in self._pending.items() if now < each.expires}
            if len(self._pending) >= _MOST:
                del self._pending[next(iter(self._pending))]
            self._pending[state] = _Pending(browser, nonce, verifier, target, now + self.lifetime_s)
        challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": callback,
            "scope": self._settings.oidc_scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return Started(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}", browser)

    def finish(self, query: Mapping[str, str], browser: str, callback: str) -> tuple[Caller, str]:
        """Who signed in, and where to go. Raises ApiError 403 for a sign-in that is not the browser's."""
        with self._changing:
            pending = self._pending.pop(query.get("state", ""), None)
        # `iss`, where it is given, keeps another provider's code from being taken for this one's (RFC 9207).
        wrong_issuer = query.get("iss", self._settings.oidc_issuer) != self._settings.oidc_issuer
        if (
            pending is None
            or self._clock() >= pending.expires
            or not compare_digest(pending.browser.encode(), browser.encode())
            or wrong_issuer
        ):
            raise forbidden("This sign-in was not begun here, or too long ago; sign in again.")
        if "code" not in query:
            raise forbidden(f"The OpenID provider refused the sign-in: {_said(query)}.")
        told = self._redeem(query["code"], pending.verifier, callback)
        try:
            claims = self._tokens.claims(str(told.get("id_token", "")), self._settings.oidc_client_id)
            caller = self._tokens.caller(str(told.get("access_token", "")))
        except ApiError as error:
            if error.status == 401:
                raise forbidden(f"The OpenID provider's answer cannot be used. {error.message}") from None
            raise
        if not compare_digest(str(claims.get("nonce", "")).encode(), pending.nonce.encode()):
            raise forbidden("The OpenID provider answered another sign-in; sign in again.")
        if name(claims) != caller.name:
            raise forbidden("The OpenID provider's tokens are of two different people.")
        return caller, pending.target

    def _redeem(self, code: str, verifier: str, callback: str) -> Mapping[str, Any]:
        """The tokens for the code; straight from the provider, which is asked over TLS."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "client_id": self._settings.oidc_client_id,
            "code_verifier": verifier,
        }
        request = Request(  # noqa: S310 - http or https
            self._tokens.endpoint("token_endpoint"),
            urlencode(form).encode(),
            {"Accept": "application/json", **self._authorization()},
        )
        try:
            with build_opener(NoRedirect()).open(request, timeout=TIMEOUT_S) as answer:
                told = json.loads(answer.read(_LONGEST_ANSWER))
        except HTTPError as error:
            error.close()
            raise forbidden(
                f"The OpenID provider does not take this sign-in ({error.code}); sign in again."
            ) from None
        except (URLError, TimeoutError, ValueError, OSError):
            raise unavailable("The OpenID provider does not answer; try again.") from None
        return told if isinstance(told, Mapping) else {}

    def _authorization(self) -> dict[str, str]:
        """The client's own secret, if it has one (RFC 6749, 2.3.1)."""
        if not self._settings.oidc_client_secret_file:
            return {}
        try:
            secret = Path(self._settings.oidc_client_secret_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise unavailable(
                "The client's secret cannot be read; --oidc-client-secret-file names it."
            ) from None
        pair = f"{quote(self._settings.oidc_client_id, safe='')}:{quote(secret, safe='')}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _said(query: Mapping[str, str]) -> str:
    text = query.get("error_description") or query.get("error") or "it says nothing more"
    return " ".join(text.split())[:200].rstrip(".")
