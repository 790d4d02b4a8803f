"""People at the console without a browser: clients that keep cookies and say where their forms come from."""

from collections.abc import Mapping
from datetime import timedelta

import httpx
from tests.control.serving import PROJECT, ControlPlane

from trackstack.control.access.tokens import AccessFile, RoleName

HOME = f"/console/projects/{PROJECT}"


class Person(httpx.Client):
    """Somebody who may have signed in."""

    def __init__(self, plane: ControlPlane) -> None:
        super().__init__(base_url=plane.url, timeout=60)
        plane.clients.append(self)

    def send_form(self, path: str, fields: Mapping[str, str] | None = None, **headers: str) -> httpx.Response:
        """As the console's own page sends it, unless `headers` say otherwise."""
        own = {
            "Origin": str(self.base_url).rstrip("/"),
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": "navigate",
        }
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {**own, "Content-Type": "application/x-www-form-urlencoded", **changed}
        return self.post(path, data=dict(fields or {}), headers={k: v for k, v in given.items() if v})

    def sign_in(self, token: str, target: str = "/console") -> httpx.Response:
        return self.send_form("/console/sign-in", {"token": token, "next": target})


def token_of(plane: ControlPlane, role: RoleName, project: str = PROJECT) -> str:
    """A token of the control plane."""
    return AccessFile.of(plane.project).create(role, project, role, timedelta(hours=1)).text


def somebody(plane: ControlPlane, role: RoleName, project: str = PROJECT) -> Person:
    """Somebody of that role who signed in."""
    person = Person(plane)
    assert person.sign_in(token_of(plane, role, project)).status_code == 303
    return person
