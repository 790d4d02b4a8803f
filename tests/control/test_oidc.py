"""Tokens of an OpenID provider: which are taken, and for whom."""

import base64
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.control.issuer import Issuer, public_pem
from tests.control.serving import OTHER_PROJECT, PROJECT, ControlPlane, assert_error

from trackstack.control.access.callers import EDITOR, OWNER, VIEWER
from trackstack.control.access.oidc import OpenIdTokens
from trackstack.control.errors import ApiError
from trackstack.control.settings import Settings, SettingsError

STRANGER = rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    issuer.add("first")
    issuer.add("curve", "EC")
    yield issuer
    issuer.close()


@pytest.fixture
def own_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.close()


def checked(issuer: Issuer, **settings: Any) -> OpenIdTokens:
    given = {"oidc_issuer": issuer.url, "oidc_audience": "trackstack"} | settings
    return OpenIdTokens(Settings(**given), cooldown_s=0)


@pytest.mark.parametrize("kid", ["first", "curve"])
def test_a_good_token_is_taken_whatever_its_key(issuer: Issuer, kid: str) -> None:
    caller = checked(issuer).caller(issuer.token(kid))

    assert (caller.name, dict(caller.roles)) == ("oidc:'alice'", {PROJECT: EDITOR})


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": 2**40},
        {"sub": None},
    ],
    ids=str,
)
def test_a_token_with_wrong_claims_is_refused(issuer: Issuer, claims: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as refused:
        checked(issuer).caller(issuer.token("first", claims))
    assert refused.value.status == 401


def forged(header: dict[str, Any], claims: dict[str, Any], secret: bytes = b"") -> str:
    """A token that a library would not make."""
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in (header, claims)]
    signed = b".".join(parts)
    signature = hmac.digest(secret, signed, "sha256") if secret else b""
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def test_a_forged_token_is_refused(issuer: Issuer) -> None:
    claims = {
        "iss": issuer.url,
        "aud": "trackstack",
        "sub": "mallory",
        "exp": int(time.time()) + 60,
        "roles": ["owner"],
        "projects": ["*"],
    }
    public = public_pem(issuer.keys["first"])
    good = issuer.token("first")
    head, body, signature = good.split(".")
    for text in (
        forged({"alg": "none", "kid": "first"}, claims),
        forged({"alg": "None", "kid": "first"}, claims),
        forged({"alg": "HS256", "kid": "first"}, claims, public),
        forged({"alg": "RS256", "kid": "first"}, claims, public),
        issuer.token("first", key=STRANGER),
        issuer.token("nobody", key=STRANGER),
        issuer.token("first", key=STRANGER, jku="https://evil.example/keys"),
        issuer.token("first", key=STRANGER, alg="RS512"),
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body[:-2]}.{signature}",
        "a.b.c",
        "..",
    ):
        with pytest.raises(ApiError) as refused:
            checked(issuer).caller(text)
        assert refused.value.status == 401, text
    assert set(issuer.asked) == {"/.well-known/openid-configuration", "/keys"}


def test_a_new_key_is_taken_and_an_old_one_not_for_long(own_issuer: Issuer) -> None:
    own_issuer.add("old")
    old = own_issuer.token("old")
    tokens = checked(own_issuer)
    assert tokens.caller(old)

    own_issuer.keys.clear()
    own_issuer.add("new", "EC")

    assert tokens.caller(own_issuer.token("new"))
    with pytest.raises(ApiError, match="does not publish"):
        tokens.caller(old)


def test_unknown_keys_do_not_make_us_ask_again_and_again(own_issuer: Issuer) -> None:
    own_issuer.add("first")
    tokens = OpenIdTokens(Settings(oidc_issuer=own_issuer.url, oidc_audience="trackstack"), cooldown_s=60)
    for number in range(50):
        with pytest.raises(ApiError):
            tokens.caller(own_issuer.token(f"no-{number}", key=STRANGER))
    assert tokens.caller(own_issuer.token("first"))
    assert own_issuer.asked == ["/.well-known/openid-configuration", "/keys"]


def test_an_issuer_that_is_another_or_away_cannot_be_asked(own_issuer: Issuer) -> None:
    own_issuer.add("first")
    for configured in (
        {"issuer": "https://evil.example"},
        {"jwks_uri": "http://evil.example/keys"},
        {"jwks_uri": None},
    ):
        own_issuer.configured = configured
        with pytest.raises((ApiError, SettingsError)):
            checked(own_issuer).caller(own_issuer.token("first"))
    away = OpenIdTokens(Settings(oidc_issuer="http://127.0.0.1:9", oidc_audience="trackstack"))
    for _ in range(2):
        with pytest.raises(ApiError) as refused:
            away.caller(own_issuer.token("first"))
        assert refused.value.status == 503 and "Retry-After" in refused.value.headers


@pytest.mark.parametrize(
    ("settings", "claims", "roles"),
    [
        ({}, {"projects": ["*"], "roles": ["viewer", "owner"]}, {"*": OWNER}),
        ({}, {"projects": PROJECT.upper(), "roles": "viewer"}, {PROJECT: VIEWER}),
        (
            {},
            {"projects": {PROJECT: "owner", OTHER_PROJECT: ["viewer", "x"], "x": "owner"}},
            {PROJECT: OWNER, OTHER_PROJECT: VIEWER},
        ),
        ({}, {"roles": None, "projects": 7}, {}),
        (
            {"oidc_roles_claim": "realm_access.roles"},
            {"realm_access": {"roles": ["owner"]}},
            {PROJECT: OWNER},
        ),
        ({"oidc_roles_claim": "https://x.y/z.roles"}, {"https://x.y/z.roles": ["owner"]}, {PROJECT: OWNER}),
        ({"oidc_roles": "ml-admins=owner"}, {"roles": ["ml-admins"]}, {PROJECT: OWNER}),
        ({"oidc_projects_claim": "groups"}, {"groups": [OTHER_PROJECT]}, {OTHER_PROJECT: EDITOR}),
    ],
)
def test_roles_come_from_the_claims(
    issuer: Issuer, settings: dict[str, Any], claims: dict[str, Any], roles: dict[str, Any]
) -> None:
    caller = checked(issuer, **settings).caller(issuer.token("first", claims))

    assert {project: role for project, role in caller.roles.items() if role} == roles


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"oidc_issuer": "https://i"}, "belong together"),
        ({"oidc_algorithms": "HS256"}, "HS256 is none of"),
        ({"oidc_algorithms": "none"}, "none is none of"),
        ({"oidc_roles": "a=king"}, "a=king: write viewer, editor, owner"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings(**settings)


def test_an_issuer_without_tls_is_refused() -> None:
    with pytest.raises(SettingsError, match="must be an https:// URL"):
        OpenIdTokens(Settings(oidc_issuer="http://idp.example", oidc_audience="x"))


def test_the_control_plane_takes_the_issuers_tokens(own: ControlPlane, issuer: Issuer) -> None:
    own.flags += ("--oidc-issuer", issuer.url, "--oidc-audience", "trackstack")
    own.start()

    client = own.client(issuer.token("first"))
    assert client.get("/instances").json()["instances"] == []
    assert_error(client.post("/instances", json={}), 400)
    assert_error(own.client(issuer.token("first"), project=OTHER_PROJECT).get("/instances"), 404)
    assert_error(own.client(issuer.token("curve", {"roles": "viewer"})).post("/instances", json={}), 403)
    assert_error(own.client(issuer.token("first", {"exp": 1})).get("/instances"), 401)
    assert own.client().get("/instances").status_code == 200
    assert issuer.token("first").rpartition(".")[2] not in own.log
