"""Signing in to the console with a token: who gets in, for how long, and whose forms are taken."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.control.console.people import HOME, Person, somebody, token_of
from tests.control.serving import ControlPlane
from tests.control.test_serve import certificate

from trackstack import tokens
from trackstack.control.access.callers import OWNER, Caller
from trackstack.control.console.browsers import inside
from trackstack.control.console.sessions import Sessions

ANYBODY = Caller("somebody", {"*": OWNER})


def test_who_is_not_signed_in_is_asked_to_and_comes_back_to_the_page(plane: ControlPlane) -> None:
    person = Person(plane)

    asked = person.get("/console?q=vision")
    assert asked.status_code == 303
    assert asked.headers["location"] == "/console/sign-in?next=%2Fconsole%3Fq%3Dvision"
    assert 'value="/console?q=vision"' in person.get(asked.headers["location"]).text
    done = person.sign_in(plane.token, "/console?q=vision")
    assert (done.status_code, done.headers["location"]) == (303, "/console?q=vision")
    assert person.get("/console?q=vision").status_code == 200


def test_the_cookie_is_for_this_site_alone_and_does_not_hold_the_token(plane: ControlPlane) -> None:
    [cookie] = Person(plane).sign_in(plane.token).headers.get_list("set-cookie")

    assert cookie.startswith(f"trackstack-console-{plane.port}=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert not any(part in cookie for part in plane.token.split(".")[1:])


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "tsk1.x.y", " \n", "é", "x" * 20_000])
def test_a_token_that_is_not_known_is_refused_beside_its_field(plane: ControlPlane, text: str) -> None:
    person = Person(plane)
    refused = person.sign_in(text)

    assert refused.status_code == 401 and "set-cookie" not in refused.headers
    assert "This token is not valid here" in refused.text and 'aria-invalid="true"' in refused.text
    assert not text.strip() or text.strip() not in refused.text or len(text) < 4


def test_a_session_ends_when_its_token_is_revoked(plane: ControlPlane) -> None:
    text = token_of(plane, "viewer")
    person = Person(plane)
    person.sign_in(text)
    assert person.get("/console").status_code == 200

    parsed = tokens.parse(text)
    assert parsed is not None
    plane.command("access", "revoke", parsed.id)

    assert person.get("/console").status_code == 303


def test_a_session_ends_after_its_time(own: ControlPlane) -> None:
    own.flags += ("--session-s", "2")
    own.start()
    person = Person(own)
    person.sign_in(own.token)
    key = dict(person.cookies)
    assert person.get("/console").status_code == 200

    time.sleep(2.1)

    assert httpx.get(f"{own.url}/console", cookies=key).status_code == 303
    fetched = httpx.get(f"{own.url}/console/rows", cookies=key, headers={"Sec-Fetch-Mode": "cors"})
    assert fetched.status_code == 401


def test_a_session_that_was_closed_is_closed_for_everybody(plane: ControlPlane) -> None:
    person = Person(plane)
    person.sign_in(plane.token)
    stolen = dict(person.cookies)

    done = person.send_form("/console/sign-out")

    assert done.headers["location"] == "/console/sign-in" and "Max-Age=0" in done.headers["set-cookie"]
    assert httpx.get(f"{plane.url}/console", cookies=stolen).status_code == 303


def test_a_session_outlives_the_control_plane(own: ControlPlane) -> None:
    own.start()
    text = token_of(own, "viewer")
    person, gone, leaver = Person(own), Person(own), Person(own)
    person.sign_in(own.token)
    gone.sign_in(text)
    leaver.sign_in(own.token)
    left = dict(leaver.cookies)
    leaver.send_form("/console/sign-out")

    own.kill()
    parsed = tokens.parse(text)
    assert parsed is not None
    own.command("access", "revoke", parsed.id)
    own.start()

    assert person.get("/console").status_code == 200
    assert gone.get("/console").status_code == 303
    assert httpx.get(f"{own.url}/console", cookies=left).status_code == 303


def test_sessions_that_are_kept_open_nothing_and_a_damaged_file_ends_them(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path, 10, lambda: 0.0)
    key = sessions.open(ANYBODY)
    [file] = tmp_path.iterdir()

    assert key not in file.read_text() and file.stat().st_mode & 0o777 == 0o600
    found = Sessions(tmp_path, 10, lambda: 9.9).find(key)
    assert found is not None and found.caller == ANYBODY
    assert Sessions(tmp_path, 10, lambda: 10.0).find(key) is None
    file.write_text("{")
    assert Sessions(tmp_path, 10, lambda: 0.0).find(key) is None


def test_sessions_keep_no_key_and_are_bounded_in_time(tmp_path: Path) -> None:
    now = [0.0]
    sessions = Sessions(tmp_path, 10, lambda: now[0])
    first = sessions.open(ANYBODY)
    assert first not in repr(vars(sessions))
    now[0] = 9.9
    assert sessions.find(first) is not None
    now[0] = 10
    assert sessions.find(first) is None
    sessions.open(ANYBODY)
    assert len(vars(sessions)["_sessions"]) == 1  # what ended is forgotten


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},  # another port of this host: cookies do not tell it apart
        {"Sec_Fetch_Site": "none"},
        {"Sec_Fetch_Site": "", "Origin": ""},
        {"Host": "evil.example"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", [f"{HOME}/new", "/console/sign-in", "/console/sign-out"])
def test_forms_of_other_pages_are_refused(plane: ControlPlane, path: str, headers: dict[str, str]) -> None:
    person = somebody(plane, "editor")
    before = person.get("/console").text.count("data-words")

    refused = person.send_form(path, {"name": "forged", "token": plane.token}, **headers)

    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers
    assert person.get("/console").text.count("data-words") == before


def test_a_form_without_sec_fetch_is_taken_by_its_origin(plane: ControlPlane) -> None:
    """Browsers before 2023 do not send it."""
    person = Person(plane)
    fields = {"token": plane.token, "next": "/console"}
    assert person.send_form("/console/sign-in", fields, Sec_Fetch_Site="").status_code == 303


def test_who_follows_a_link_from_elsewhere_is_still_signed_in(plane: ControlPlane) -> None:
    """The browser keeps a Strict cookie back then; asked again from our own page, it sends it."""
    arriving = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    page = Person(plane).get("/console?q=a%22%3Eb", headers=arriving)

    assert page.status_code == 200
    assert '<meta http-equiv="refresh" content="0; url=/console?q=a%22%3Eb">' in page.text
    assert (
        Person(plane).get("/console/rows", headers={**arriving, "Sec-Fetch-Mode": "cors"}).status_code == 403
    )


def test_over_tls_the_cookie_is_sent_over_tls_only(own: ControlPlane) -> None:
    cert, key = certificate(own.home)
    own.flags += ("--tls-cert", str(cert), "--tls-key", str(key))
    own.scheme, own.verify = "https", _trusting(str(cert))
    own.start()
    with httpx.Client(base_url=own.url, verify=own.verify) as client:
        done = client.post("/console/sign-in", data={"token": own.token}, headers={"Origin": own.url})

    assert done.headers["set-cookie"].startswith("__Host-trackstack-console-")
    assert "; Secure" in done.headers["set-cookie"]


def test_behind_a_proxy_the_public_url_says_how_people_come(own: ControlPlane) -> None:
    own.flags += ("--public-url", "https://ml.example.org", "--allowed-hosts", "ml.example.org")
    own.start()
    person = Person(own)
    headers = {"Host": "ml.example.org", "Origin": "https://ml.example.org"}
    done = person.send_form("/console/sign-in", {"token": own.token}, **headers)

    assert done.headers["set-cookie"].startswith("__Host-trackstack-console=") and done.status_code == 303


def test_who_guesses_often_is_told_to_wait(own: ControlPlane) -> None:
    own.flags = ("--requests-per-s", "1", "--requests-burst", "2")
    own.start()
    person = Person(own)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(person.sign_in, ["x"] * 64))

    assert {answer.status_code for answer in answers} == {401, 429}
    told = next(answer for answer in answers if answer.status_code == 429)
    assert int(told.headers["retry-after"]) >= 1 and "wait as Retry-After" in told.text


def test_no_secret_is_in_the_log(plane: ControlPlane) -> None:
    person = Person(plane)
    done = person.sign_in(plane.token)
    key = done.headers["set-cookie"].split("=")[1].split(";")[0]
    person.send_form("/console/sign-in", {"token": "tsk1.mistyped.secret"})

    assert plane.token not in plane.log and key not in plane.log and "mistyped" not in plane.log


@given(
    st.text(max_size=30)
    | st.builds("".join, st.lists(st.sampled_from(["/", "\\", "console", ".", ":", "//evil", "\n", "?"])))
)
def test_one_is_never_sent_to_another_site(text: str) -> None:
    target = inside(text)

    assert target == "/console" or target.startswith(("/console/", "/console?"))
    assert "\\" not in target and "\n" not in target


def _trusting(cert: str) -> object:
    import ssl

    return ssl.create_default_context(cafile=cert)
