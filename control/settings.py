"""What can be set about the control plane: the options of `trackstack serve`."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

_PUBLIC_URL = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+/?")
ROLES = ("viewer", "editor", "owner")


class SettingsError(ValueError):
    """A setting that cannot be used: names it, its value, and what would do."""


def _setting(default: Any, sentence: str) -> Any:
    return field(default=default, metadata={"sentence": sentence})


@dataclass(frozen=True)
class Settings:
    """Every setting with its default; the sentences are the documentation. Raises SettingsError."""

    host: str = _setting("127.0.0.1", "Address to listen at.")
    port: int = _setting(8080, "TCP port to listen at; 0 takes a free one.")
    tls_cert: str = _setting("", "PEM file of the certificate chain: serve HTTPS.")
    tls_key: str = _setting("", "PEM file of its key.")
    plain_http: bool = _setting(False, "Serve other machines without TLS: behind a proxy that has it.")
    allowed_hosts: str = _setting("", "Host names that may be asked for, comma separated; * allows all.")
    allowed_origins: str = _setting("", "Origins whose pages may call, comma separated.")
    region: str = _setting("eu01", "The region that it serves.")
    default_project: str = _setting(
        "00000000-0000-0000-0000-000000000000", "Project of the instances that name none."
    )
    defaults: str = _setting(
        "", "YAML file of what new instances start from: target, database, bucket, host."
    )
    oidc_issuer: str = _setting("", "URL of an OpenID provider whose access tokens are taken.")
    oidc_audience: str = _setting("", "Audience that they must be for.")
    oidc_roles_claim: str = _setting("roles", "Their claim of roles; dots lead into objects.")
    oidc_projects_claim: str = _setting("projects", "Their claim of project UUIDs; * is every project.")
    oidc_roles: str = _setting("", "Roles by other names, as their=ours, comma separated.")
    oidc_algorithms: str = _setting("RS256,ES256", "Signatures that are taken, comma separated.")
    oidc_client_id: str = _setting("", "Client that signs people in to the console; empty: by token only.")
    oidc_client_secret_file: str = _setting("", "File of that client's secret; empty: it has none.")
    oidc_scope: str = _setting("openid", "Scopes that the console asks for, separated by spaces.")
    public_url: str = _setting("", "URL at which browsers reach it; empty: the one they ask for.")
    session_s: int = _setting(28800, "Time that a sign-in to the console lasts, seconds.")
    workers: int = _setting(4, "Operations on instances at the same time.")
    queue_length: int = _setting(256, "Most operations that wait or run; more are told to come again.")
    requests_per_s: int = _setting(100, "Requests of one caller that are answered per second.")
    requests_burst: int = _setting(400, "Requests of one caller that are answered at once.")
    stop_timeout_s: int = _setting(10, "Time that operations have to finish after SIGTERM, seconds.")

    def __post_init__(self) -> None:
        if bool(self.tls_cert) != bool(self.tls_key):
            raise SettingsError("--tls-cert and --tls-key belong together; give both")
        if not (self.loopback or self.tls_cert or self.plain_http):
            raise SettingsError(
                f"--host {self.host} is open to other machines: give --tls-cert and --tls-key, "
                "or --plain-http behind a proxy that has TLS"
            )
        if bool(self.oidc_issuer) != bool(self.oidc_audience):
            raise SettingsError("--oidc-issuer and --oidc-audience belong together; give both")
        for path in filter(None, (self.tls_cert, self.tls_key)):
            if not Path(path).is_file():
                raise SettingsError(f"there is no file {path}; --tls-cert and --tls-key name PEM files")
        if self.defaults and not Path(self.defaults).is_file():
            raise SettingsError(f"there is no file {self.defaults}; --defaults names a YAML file")
        if self.oidc_client_id and not self.oidc_issuer:
            raise SettingsError("--oidc-client-id needs --oidc-issuer and --oidc-audience; give them, too")
        if self.oidc_client_secret_file and not Path(self.oidc_client_secret_file).is_file():
            raise SettingsError(
                f"there is no file {self.oidc_client_secret_file}; --oidc-client-secret-file names one"
            )
        if self.public_url and not _PUBLIC_URL.fullmatch(self.public_url):
            raise SettingsError(
                f"--public-url {self.public_url!r} must be scheme and host, such as https://ml.example.org"
            )
        for name in ("workers", "queue_length", "requests_per_s", "requests_burst", "session_s"):
            if getattr(self, name) < 1:
                raise SettingsError(
                    f"--{name.replace('_', '-')} must be 1 at least, not {getattr(self, name)}"
                )
        try:
            object.__setattr__(self, "default_project", str(UUID(self.default_project)))
        except ValueError:
            raise SettingsError(f"--default-project must be a UUID, not {self.default_project!r}") from None
        for theirs, ours in self.role_names.items():
            if ours not in ROLES:
                raise SettingsError(f"--oidc-roles: {theirs}={ours}: write {', '.join(ROLES)} after the =")
        if unsafe := set(self.algorithms) - _SIGNATURES:
            raise SettingsError(f"--oidc-algorithms: {', '.join(sorted(unsafe))} is none of {_LISTED}")

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    @property
    def role_names(self) -> dict[str, str]:
        """Our roles by the names that the OpenID provider has for them."""
        pairs = (item.partition("=") for item in self.oidc_roles.split(",") if item.strip())
        return {role: role for role in ROLES} | {theirs.strip(): ours.strip() for theirs, _, ours in pairs}

    @property
    def algorithms(self) -> list[str]:
        """The signatures that are taken of the OpenID provider."""
        return [item.strip() for item in self.oidc_algorithms.split(",") if item.strip()]


# Of a key pair: with a shared secret, or none, whoever checks a token could have made it.
_SIGNATURES = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
_LISTED = ", ".join(sorted(_SIGNATURES))
