"""Bearer tokens of an OpenID provider: JWTs, checked against its published keys (OpenID Discovery 1.0)."""

import json
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener
from uuid import UUID

import jwt
from jwt import PyJWKClient
from jwt.exceptions import PyJWKClientConnectionError, PyJWKClientError, PyJWTError

from trackstack.control.access.callers import EVERY_PROJECT, NOBODY, Caller, Role
from trackstack.control.errors import unauthorized, unavailable
from trackstack.control.settings import Settings, SettingsError

TIMEOUT_S = 5.0
_KEYS_LIVE_S = 300.0
_COOLDOWN_S = 10.0  # keys that nobody knows make us ask the issuer this often at most
_LEEWAY_S = 10.0  # between its clock and ours
_WELL_KNOWN = "/.well-known/openid-configuration"


class NoRedirect(HTTPRedirectHandler):
    """Follows nobody."""

    def redirect_request(self, *args: Any) -> None:
        """The issuer is who it says: nobody else is asked."""


class OpenIdTokens:
    """Tells callers from an issuer's tokens. Its keys are fetched when first needed, and kept."""

    def __init__(self, settings: Settings, cooldown_s: float = _COOLDOWN_S) -> None:
        self._settings = settings
        self._issuer = settings.oidc_issuer
        require_safe(self._issuer)
        self._cooldown_s = cooldown_s
        self._discovering = threading.Lock()
        self._discovered = -cooldown_s
        self._found: Mapping[str, Any] | None = None
        self._keys: PyJWKClient | None = None

    def caller(self, text: str) -> Caller:
        """Who the access token stands for. Raises ApiError as `claims`."""
        claims = self.claims(text, self._settings.oidc_audience)
        return Caller(name(claims), self._roles(claims))

    def endpoint(self, which: str) -> str:
        """The URL of an endpoint of the issuer's. Raises ApiError 503 while that cannot be had."""
        url = str(self._configuration().get(which, ""))
        try:
            require_safe(url)
        except SettingsError:
            raise unavailable(f"The OpenID provider publishes no {which} that can be used.") from None
        return url

    def claims(self, text: str, audience: str) -> dict[str, Any]:
        """What a token of the issuer's for `audience` says.

        Raises ApiError 401, or 503 while the issuer's keys cannot be had.
        """
        try:
            header = jwt.get_unverified_header(text)
            kid = header.get("kid")
            if not isinstance(kid, str) or header.get("alg") not in self._settings.algorithms:
                raise unauthorized("The token is not signed as this control plane asks for.")
            claims: dict[str, Any] = jwt.decode(
                text,
                self._client().get_signing_key(kid),
                algorithms=self._settings.algorithms,
                audience=audience,
                issuer=self._issuer,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except PyJWKClientConnectionError:
            raise unavailable("The OpenID provider does not answer; try again.") from None
        except PyJWKClientError:
            raise unauthorized("The token is signed with a key that its issuer does not publish.") from None
        except PyJWTError as error:
            raise unauthorized(f"The token is not valid: {error}.") from None
        return claims

    def _roles(self, claims: Mapping[str, Any]) -> dict[str, Role]:
        """The projects claim lists projects, in which the roles claim holds, or says the role of each."""
        projects = _claim(claims, self._settings.oidc_projects_claim)
        if isinstance(projects, Mapping):
            found = {str(project): self._role(named) for project, named in projects.items()}
        else:
            role = self._role(_claim(claims, self._settings.oidc_roles_claim))
            found = dict.fromkeys(_texts(projects), role)
        known = {_project(project): role for project, role in found.items()}
        return {project: role for project, role in known.items() if project}

    def _role(self, named: Any) -> Role:
        """The highest of the roles that are known."""
        ours = self._settings.role_names
        return max((Role[ours[name].upper()] for name in _texts(named) if name in ours), default=NOBODY)

    def _client(self) -> PyJWKClient:
        url = str(self._configuration()["jwks_uri"])
        with self._discovering:
            if self._keys is None:
                self._keys = PyJWKClient(
                    url,
                    lifespan=_KEYS_LIVE_S,
                    timeout=TIMEOUT_S,
                    cooldown_duration=self._cooldown_s,
                )
            return self._keys

    def _configuration(self) -> Mapping[str, Any]:
        with self._discovering:
            if self._found is None:
                if time.monotonic() - self._discovered < self._cooldown_s:
                    raise unavailable("The OpenID provider does not answer; try again.", self._cooldown_s)
                self._discovered = time.monotonic()
                self._found = self._discover()
            return self._found

    def _discover(self) -> Mapping[str, Any]:
        try:
            opener = build_opener(NoRedirect())
            with opener.open(Request(self._issuer.rstrip("/") + _WELL_KNOWN), timeout=TIMEOUT_S) as answer:  # noqa: S310 - http or https
                document: Mapping[str, Any] = json.load(answer)
            require_safe(str(document["jwks_uri"]))
            if document["issuer"] != self._issuer:
                raise ValueError("issuer")
        except (URLError, TimeoutError, ValueError, KeyError, TypeError):
            raise unavailable(
                "The OpenID provider's configuration cannot be had; try again.", self._cooldown_s
            ) from None
        return document


def name(claims: Mapping[str, Any]) -> str:
    """What the caller is called; quoted, for the log."""
    return f"oidc:{str(claims['sub'])[:100]!r}"


def require_safe(url: str) -> None:
    """Raises SettingsError for a URL on which others may listen."""
    parts = urlsplit(url)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise SettingsError(f"--oidc-issuer: {url!r} must be an https:// URL")


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of that name, else what dots lead to: some names are URLs, some claims are objects."""
    if path in claims:
        return claims[path]
    value: Any = claims
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]


def _project(text: str) -> str:
    if text == EVERY_PROJECT:
        return text
    try:
        return str(UUID(text))
    except ValueError:
        return ""
