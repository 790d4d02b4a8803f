"""An instance's own server, asked over HTTP with the instance's admin token. Nothing here imports pulumi."""

import http.client
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from trackstack.stacks import instances
from trackstack.stacks.errors import InvalidSpec, StackError
from trackstack.stacks.instances import Instance
from trackstack.stacks.project import Project

_PREFIX = "/api/2.0/trackstack"
_TIMEOUT_S = 30.0


class Reply(NamedTuple):
    """An answer: its status, and the JSON object in it."""

    status: int
    document: dict[str, Any]


class NotThere(StackError):
    """The server knows nothing of what was asked for."""


def ask(
    project: Project, name: str, method: str, path: str, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What the server answers at `path` of its administration.

    Raises InstanceNotFound, InvalidSpec for what the server does not allow, NotThere, and StackError where it
    does not answer.
    """
    instance = instances.show(project, name)
    reply = send(project, instance, method, _PREFIX + path, body)
    if reply.status != 200:
        raise _refusal(name, reply.status, str(reply.document.get("message", reply.document)))
    return reply.document


def send(
    project: Project,
    instance: Instance,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    timeout_s: float = _TIMEOUT_S,
) -> Reply:
    """What the instance's server answers at `path`, whatever the status.

    Raises StackError where it does not answer, or not with a JSON object.
    """
    name = instance.spec.name
    if not instance.may_answer:  # no token for others
        raise StackError(f"{name} is {instance.state}; `trackstack start {instance.stack}` has it answer")
    headers = {
        "Authorization": f"Bearer {instances.token(project, instance.stack)}",
        "Content-Type": "application/json",
    }
    # Straight to the instance: no proxy of the environment's, no redirect, sees its admin token.
    url = urlsplit(instance.url)
    connect = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = connect(url.netloc, timeout=timeout_s)
    try:
        target = url.path.rstrip("/") + path
        connection.request(method, target, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        return Reply(response.status, dict(json.loads(response.read())))
    except (OSError, http.client.HTTPException, ValueError, TypeError) as error:
        remedy = _remedy(instance)
        raise StackError(f"{name} does not answer at {instance.url} ({error}); {remedy}") from None
    finally:
        connection.close()


def _remedy(instance: Instance) -> str:
    if not instance.spec.in_cluster:
        return f"`trackstack start {instance.stack}` mends it"
    if instance.spec.kubernetes.exposure.kind == "none":
        return "within its cluster only; `trackstack open` says how to get there"
    return f"`trackstack status {instance.stack}` looks at its pods"


def _refusal(name: str, status: int, message: str) -> StackError:
    if status == 400:
        return InvalidSpec(message)
    if status == 404:
        return NotThere(message)
    return StackError(f"{name} refuses ({status}): {message}")
