"""Signing in to the console through an OpenID provider, a real one."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.control.console.people import HOME, Person
from tests.control.issuer import Issuer
from tests.control.serving import ControlPlane


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    issuer.add("first")
    yield issuer
    issuer.close()


@pytest.fixture(scope="module")
def joined(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane that signs people in there."""
    plane = ControlPlane(tmp_path_factory.mktemp("joined"))
    secret = plane.home / "client-secret"
    secret.write_text("s3cret/\n")
    plane.flags += ("--oidc-issuer", issuer.url, "--oidc-audience", "trackstack")
    plane.flags += ("--oidc-client-id", "console", "--oidc-client-secret-file", str(secret))
    plane.start()
    yield plane
    plane.switch_off()


@pytest.fixture(autouse=True)
def as_usual(issuer: Issuer) -> None:
    issuer.of_id_token, issuer.of_access_token = {}, {}


def begun(person: Person, target: str = "/console") -> str:
    """Where the provider sends somebody who said yes."""
    there = person.get("/console/oidc/start", params={"next": target}).headers["location"]
    return httpx.get(there).headers["location"]


def test_somebody_signs_in_with_what_the_access_token_allows(joined: ControlPlane, issuer: Issuer) -> None:
    person = Person(joined)
    assert "/console/oidc/start?next=/console" in person.get("/console/sign-in").text

    back = person.get(begun(person, f"{HOME}/new"))

    assert back.status_code == 200 and f'url={HOME}/new"' in back.text
    assert "SameSite=Strict" in back.headers["set-cookie"]
    assert person.get(f"{HOME}/new").status_code == 200  # an editor's
    assert issuer.authorizations[-1] == "Basic Y29uc29sZTpzM2NyZXQlMkY="  # each part as a form has it


def test_the_request_is_bound_to_the_browser_and_to_this_sign_in(joined: ControlPlane) -> None:
    person = Person(joined)
    answer = person.get("/console/oidc/start")
    asked = {name: value for name, [value] in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{joined.url}/console/oidc/callback"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    cookie = answer.headers["set-cookie"]
    assert "SameSite=Lax" in cookie and "HttpOnly" in cookie and "Max-Age=600" in cookie
    assert asked["state"] not in cookie


def refused(answer: httpx.Response, said: str) -> None:
    assert answer.status_code == 403 and said in answer.text
    assert "set-cookie" not in answer.headers


def test_a_sign_in_counts_once_and_only_in_its_browser(joined: ControlPlane) -> None:
    person, thief = Person(joined), Person(joined)
    thief.get("/console/oidc/start")
    back = begun(person)

    refused(thief.get(back), "not begun here")
    refused(person.get(back), "not begun here")  # the thief's try has spent it
    back = begun(person)
    assert person.get(back).status_code == 200
    refused(person.get(back), "not begun here")
    refused(person.get("/console/oidc/callback?code=x&state=y"), "not begun here")
    refused(person.get("/console/oidc/callback"), "not begun here")


@pytest.mark.parametrize(
    ("of_id", "of_access", "said"),
    [
        ({"nonce": "another"}, {}, "another sign-in"),
        ({"nonce": None}, {}, "another sign-in"),
        ({"aud": "another"}, {}, "cannot be used"),
        ({"iss": "https://evil.example"}, {}, "cannot be used"),
        ({"exp": 1}, {}, "cannot be used"),
        ({"sub": "mallory"}, {}, "two different people"),
        ({}, {"aud": "another"}, "cannot be used"),
        ({}, {"roles": []}, "no role in any project"),
    ],
    ids=str,
)
def test_tokens_that_are_not_right_sign_nobody_in(
    joined: ControlPlane, issuer: Issuer, of_id: dict[str, Any], of_access: dict[str, Any], said: str
) -> None:
    issuer.of_id_token, issuer.of_access_token = of_id, of_access
    person = Person(joined)

    refused(person.get(begun(person)), said)
    assert person.get("/console").status_code == 303


def test_a_code_of_somebody_elses_sign_in_is_worth_nothing(joined: ControlPlane) -> None:
    """PKCE: the provider gives tokens only to who can name what was behind the challenge."""
    victim, attacker = Person(joined), Person(joined)
    code = parse_qs(urlsplit(begun(victim)).query)["code"][0]
    state = parse_qs(urlsplit(begun(attacker)).query)["state"][0]

    refused(
        attacker.get("/console/oidc/callback", params={"code": code, "state": state}), "does not take this"
    )


def test_what_the_provider_says_is_told_as_text(joined: ControlPlane) -> None:
    person = Person(joined)
    state = parse_qs(urlsplit(begun(person)).query)["state"][0]
    answer = person.get(
        "/console/oidc/callback",
        params={"state": state, "error": "access_denied", "error_description": "<b>no</b>"},
    )

    refused(answer, "&lt;b&gt;no&lt;/b&gt;")


def test_another_providers_answer_is_not_taken(joined: ControlPlane) -> None:
    person = Person(joined)
    refused(person.get(f"{begun(person)}&iss=https://evil.example"), "not begun here")


def test_a_viewer_of_the_provider_cannot_edit(joined: ControlPlane, issuer: Issuer) -> None:
    issuer.of_access_token = {"roles": ["viewer"]}
    person = Person(joined)
    person.get(begun(person))

    assert person.get("/console").status_code == 200
    assert person.get(f"{HOME}/new").status_code == 403


def test_nothing_of_a_sign_in_is_in_the_log(joined: ControlPlane) -> None:
    person = Person(joined)
    back = begun(person)
    person.get(back)

    for secret in re.findall(r"(?:code|state)=([^&]+)", back):
        assert secret not in joined.log
    assert "s3cret" not in joined.log


def test_without_a_client_there_is_no_such_sign_in(plane: ControlPlane) -> None:
    person = Person(plane)
    assert "oidc" not in person.get("/console/sign-in").text
    assert person.get("/console/oidc/start").status_code == 404
