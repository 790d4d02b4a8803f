"""The console's pages over HTTP: what they show, to whom, and what they refuse."""

import re
from html import unescape
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.control.console.people import HOME, Person, somebody
from tests.control.serving import OTHER_PROJECT, PROJECT, ControlPlane, made, settled, until

from trackstack.control.access.callers import EDITOR, NOBODY, OWNER, VIEWER, Role
from trackstack.control.console import forms
from trackstack.control.console.pages import size
from trackstack.control.console.tables import ROUTES
from trackstack.control.errors import ApiError
from trackstack.control.routes import Route

ID = "57d11a2b-7366-46a7-9f45-2e0ebd079142"
OPEN = {
    "/",
    "/console/",
    "/console/assets/{name}",
    "/console/oidc/callback",
    "/console/oidc/start",
    "/console/sign-in",
}
"""Whoever opens another page to everybody has to write it down here."""
CLOSED = [route for route in ROUTES if route.needs is not NOBODY]


def where(route: Route, project: str = PROJECT, id_: str = ID) -> str:
    return route.path.format(projectId=project, instanceId=id_, tokenId=ID)


def ask(person: Person, route: Route, path: str) -> httpx.Response:
    return person.get(path) if route.method == "GET" else person.send_form(path)


def test_only_the_sign_in_and_its_looks_are_open() -> None:
    assert {route.path for route in ROUTES if route.needs is NOBODY} == OPEN


@pytest.mark.parametrize("route", CLOSED, ids=lambda route: f"{route.method} {route.path}")
def test_nobody_sees_a_page_without_signing_in(plane: ControlPlane, route: Route) -> None:
    answer = ask(Person(plane), route, where(route))

    assert answer.status_code == (303 if route.method == "GET" else 401)
    with_bearer = httpx.request(
        route.method,
        plane.url + where(route),
        headers={"Authorization": f"Bearer {plane.token}", "Origin": plane.url},
    )
    assert with_bearer.status_code == answer.status_code  # the console takes its cookie alone


@pytest.mark.parametrize("role", [VIEWER, EDITOR, OWNER], ids=lambda role: role.name)
def test_a_role_opens_what_the_table_says(plane: ControlPlane, role: Role) -> None:
    person = somebody(plane, role.name.lower())  # type: ignore[arg-type]
    for route in CLOSED:
        if route.path == "/console/sign-out":
            continue
        answer = ask(person, route, where(route))
        assert (answer.status_code == 403) == (role < route.needs), f"{route.method} {route.path}"
        assert answer.status_code < 500
        if "{projectId}" in route.path:
            assert ask(person, route, where(route, OTHER_PROJECT)).status_code == 404


def test_viewers_see_no_controls_that_change(plane: ControlPlane, demo: dict[str, Any]) -> None:
    page = somebody(plane, "viewer").get(f"{HOME}/instances/{demo['id']}").text
    others = somebody(plane, "owner").get(f"{HOME}/instances/{demo['id']}").text

    for control in ("/edit", "/delete", "/tokens/new"):
        assert control not in page and control in others
    assert "New instance" not in somebody(plane, "viewer").get("/console").text
    assert "/delete" not in somebody(plane, "editor").get(f"{HOME}/instances/{demo['id']}").text


def test_a_project_sees_its_own_instances_only(plane: ControlPlane, demo: dict[str, Any]) -> None:
    stranger = somebody(plane, "owner", OTHER_PROJECT)

    assert demo["id"] not in stranger.get("/console").text
    for path in ("", "/live", "/log", "/edit", "/delete", "/tokens/new"):
        there = f"/console/projects/{OTHER_PROJECT}/instances/{demo['id']}{path}"
        answer = stranger.get(there)
        assert answer.status_code == 404 or "is deleted" in answer.text
        assert "demo" not in answer.text.replace(demo["id"], "")


def test_every_page_keeps_to_itself(plane: ControlPlane, demo: dict[str, Any]) -> None:
    person = somebody(plane, "owner")
    for path in (
        "/console",
        "/console/sign-in",
        "/console/nothing",
        f"{HOME}/instances/{demo['id']}",
        f"{HOME}/new",
    ):
        page = person.get(path)
        policy = page.headers["content-security-policy"]
        assert (
            "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        )
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert not re.findall(r"<(script|style)(?![^>]*src=)[^>]*>|\sstyle=|\son\w+=", page.text)
        for url in re.findall(r'(?:src|href|action)="([^"#]+)', page.text):
            assert url.startswith("/") or url == demo["url"], url


def test_assets_are_named_after_their_content_and_kept(plane: ControlPlane) -> None:
    page = Person(plane).get("/console/sign-in").text
    urls = set(re.findall(r'"(/console/assets/[^"]+)"', page))

    assert {url.partition("?")[0].rpartition("/")[2] for url in urls} == {
        "console.css",
        "console.js",
        "icon.svg",
    }
    for url in urls:
        answer = httpx.get(plane.url + url)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
    assert httpx.get(f"{plane.url}/console/assets/pages.py").status_code == 404


@pytest.mark.parametrize(
    "path", ["/console/nothing", f"{HOME}/instances/{ID}", f"{HOME}/instances/x", "/console/projects/x/new"]
)
def test_what_is_not_there_is_a_page_that_says_so(plane: ControlPlane, path: str) -> None:
    answer = somebody(plane, "owner").get(path)

    assert answer.status_code in (400, 404) and answer.headers["content-type"].startswith("text/html")
    assert "All instances" in answer.text


def test_bodies_that_are_no_forms_are_refused(plane: ControlPlane) -> None:
    person = somebody(plane, "editor")
    for kind, body, status in (
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 415),
        ("application/x-www-form-urlencoded", b"&".join([b"a=b"] * 1000), 400),
        ("application/x-www-form-urlencoded", b"name=%ff", 400),
        ("application/x-www-form-urlencoded", b"name=" + b"a" * 70_000, 413),
    ):
        answer = person.post(f"{HOME}/new", content=body, headers={"Content-Type": kind, "Origin": plane.url})
        assert answer.status_code == status, (kind, answer.text)


@pytest.mark.parametrize(
    ("fields", "beside", "said"),
    [
        ({"name": ""}, "name", '"" cannot be used; write it as it says above.'),
        ({"name": "a!b"}, "name", '"a!b" cannot be used; write it as it says above.'),
        ({"name": "<script>"}, "name", "cannot be used"),
        ({"name": "a", "description": "a!"}, "description", "cannot be used"),
        ({"name": "a", "deletedExperimentRetention": "91d"}, "deletedExperimentRetention", "1d to 90d"),
        ({"name": "a", "deletedExperimentRetention": "soon"}, "deletedExperimentRetention", "cannot be used"),
        ({"name": "a", "labels": "owner"}, "labels", "key=value"),
        ({"name": "a", "labels": "a=1\na=2"}, "labels", "there twice"),
        ({"name": "a", "labels": "stackit-a=1"}, "labels", "is reserved"),
    ],
    ids=str,
)
def test_what_the_api_refuses_is_said_beside_the_field(
    plane: ControlPlane, fields: dict[str, str], beside: str, said: str
) -> None:
    answer = somebody(plane, "editor").send_form(f"{HOME}/new", fields)

    assert answer.status_code == 400 and "<script>" not in answer.text
    error = re.search(rf'id="{beside}-error">(.*?)</p>', answer.text)
    assert error is not None, answer.text
    assert said in unescape(error[1])
    assert answer.text.count('aria-invalid="true"') == 1
    for name, value in fields.items():  # nothing that was typed is lost
        assert value in unescape(answer.text), name


def test_an_instance_is_changed_and_labels_that_left_the_form_are_gone(plane: ControlPlane) -> None:
    client, person = plane.client(), somebody(plane, "owner")
    instance = made(client, name="changing", labels={"owner": "alice", "old": "1"})
    path = f"{HOME}/instances/{instance['id']}"
    assert {"owner=alice", "old=1"} <= set(re.split("[\n<>]", person.get(f"{path}/edit").text))

    fields = {
        "name": "changed",
        "description": "new",
        "deletedExperimentRetention": "7d",
        "labels": "owner=bob\nnew=",
    }
    assert person.send_form(f"{path}/edit", fields).headers["location"] == path

    now = settled(client, instance["id"])
    assert (now["name"], now["description"], now["deletedExperimentRetention"]) == ("changed", "new", "7d")
    assert now["labels"] == {"owner": "bob", "new": ""}
    refused = person.send_form(f"{path}/delete", {"name": "changing"})
    assert refused.status_code == 400 and "Type changed" in refused.text
    assert settled(client, instance["id"])["state"] == "active"
    assert person.send_form(f"{path}/delete", {"name": "changed"}).status_code == 303
    assert settled(client, instance["id"])["state"] == "gone"
    assert "is deleted" in person.get(f"{path}/live").text


def test_an_impaired_instance_says_why_and_is_mended(plane: ControlPlane) -> None:
    client, person = plane.client(), somebody(plane, "editor")
    instance = made(client, name="falling")
    for server in plane.servers():
        if "falling" in " ".join(server.cmdline()):
            server.kill()
            server.wait(5)
    path = f"{HOME}/instances/{instance['id']}"

    page = person.get(path).text
    assert "impaired" in page and "Its server does not run" in page
    assert person.send_form(f"{path}/mend").status_code == 303
    assert settled(client, instance["id"])["state"] == "active"


def test_an_instances_size_is_asked_of_its_server(plane: ControlPlane, demo: dict[str, Any]) -> None:
    person = somebody(plane, "viewer")
    path = f"{HOME}/instances/{demo['id']}"

    until(lambda: "Measured" in person.get(f"{path}/live").text, "it is measured")

    assert re.search(r"<dt>Database</dt><dd>[0-9.]+ kB</dd>", person.get(path).text)
    assert re.search(r'data-label="Database" class="number">[0-9.]+ kB<', person.get("/console").text)


def test_the_end_of_the_log_is_shown_without_paths(plane: ControlPlane, demo: dict[str, Any]) -> None:
    page = somebody(plane, "viewer").get(f"{HOME}/instances/{demo['id']}/log").text

    assert "Application startup complete" in page and str(plane.folder) not in page


def test_tokens_are_shown_once_used_and_revoked(plane: ControlPlane, demo: dict[str, Any]) -> None:
    person = somebody(plane, "editor")
    path = f"{HOME}/instances/{demo['id']}"

    shown = person.send_form(f"{path}/tokens/new", {"name": "training", "ttlDuration": "7d"})
    secret = re.search(r'id="secret"[^>]*>([^<]+)<', shown.text)
    assert secret is not None and shown.headers["cache-control"] == "no-store"
    headers = {"Authorization": f"Bearer {secret[1]}"}
    search = f"{demo['url']}/api/2.0/mlflow/experiments/search?max_results=1"
    assert httpx.get(search, headers=headers).status_code == 200
    page = person.get(path).text
    assert "training" in page and secret[1] not in page and secret[1] not in plane.log
    revoke = re.search(r'href="([^"]+/revoke)"', page)
    assert revoke is not None and "training" in person.get(revoke[1]).text
    assert person.send_form(revoke[1]).headers["location"] == f"{path}#tokens"
    assert "training" not in person.get(path).text
    wrong = person.send_form(f"{path}/tokens/new", {"name": "a", "ttlDuration": "999d"})
    assert wrong.status_code == 400 and "184d" in wrong.text


def test_the_list_is_filtered_without_scripts_too(plane: ControlPlane, demo: dict[str, Any]) -> None:
    person = somebody(plane, "viewer")

    assert demo["id"] in person.get("/console?q=DEMO team=vision").text
    nothing = person.get("/console?q=nothing-like-it").text
    assert demo["id"] not in nothing and "Show all" in nothing


def test_a_long_list_comes_in_pages(own: ControlPlane) -> None:
    own.start()
    for number in range(201):  # as git brings them
        lines = ("config:", f"  trackstack:name: n{number:03}", f"  trackstack:project: {PROJECT}")
        (own.folder / f"Pulumi.n{number:03}.yaml").write_text("\n".join(lines) + "\n")
    person = somebody(own, "viewer")

    def rows(**query: str) -> list[str]:
        return re.findall(r'id="row-[^>]*>([^<]+)<', person.get("/console", params=query).text)

    assert [len(rows(page=page)) for page in ("1", "2", "3")] == [100, 100, 1]
    assert (
        rows()
        == rows(page="x")
        == rows(page="0")
        == rows(page="-1")
        == [f"n{each:03}" for each in range(100)]
    )
    assert rows(page="4") == rows(page="99999999") == ["n200"]
    assert rows(q="n2") == ["n200"]
    page = person.get("/console?q=n&page=2").text
    assert "Page 2 of 3" in page and "/console?q=n&amp;page=3" in page and "201 of 201 instances" in page


def test_who_may_work_in_any_project_says_in_which(plane: ControlPlane) -> None:
    person = Person(plane)
    person.sign_in(plane.token)

    assert 'list="projects"' in person.get("/console/new").text
    chosen = person.get("/console/new", params={"project": OTHER_PROJECT.upper()})
    assert chosen.headers["location"] == f"/console/projects/{OTHER_PROJECT}/new"
    assert person.get("/console/new?project=x").status_code == 400
    assert somebody(plane, "editor").get("/console/new").headers["location"] == f"{HOME}/new"


def test_a_first_visit_leads_to_the_console(plane: ControlPlane) -> None:
    assert httpx.get(plane.url).headers["location"] == "/console"
    assert "No instance yet" in somebody(plane, "viewer", OTHER_PROJECT).get("/console").text


KEY = st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,9}[A-Za-z0-9])?", fullmatch=True)


@given(st.dictionaries(KEY, KEY | st.just("")))
def test_labels_are_read_as_they_are_written(labels: dict[str, str]) -> None:
    assert forms.labels(forms.lines(labels)) == labels


@given(st.text())
def test_any_text_of_labels_is_read_or_refused(text: str) -> None:
    try:
        forms.labels(text)
    except ApiError as error:
        assert error.status == 400 and error.message.startswith("labels: ")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_960, "1.0 MB"),
        (3_400_000, "3.4 MB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_sizes_are_for_people(count: int, said: str) -> None:
    assert size(count) == said
