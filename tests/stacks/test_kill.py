"""An operator killed at any call of the provider leaves what the next `up` or `delete` finishes."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from trackstack.providers.local.health import is_healthy
from trackstack.providers.local.process import find
from trackstack.stacks import instances, operations
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec

pytestmark = pytest.mark.xdist_group("ports")

OPERATOR = Path(__file__).with_name("killed_operator.py")
CALLS = 100
"""More than any of the operations makes."""
PARTS = {
    "data": "data",
    "address": "ingress-address",
    "bucket": "bucket-folder",
    "database": "database-file",
    "token": "token-admin",
    "retention": "retention-schedule",
    "server": "deployment-server",
}
CHANGES = [
    *(
        (operation, f"{operation.title()}:demo-{part}")
        for operation in ("create", "delete")
        for part in PARTS.values()
    ),
    *(("update", f"Update:demo-{PARTS[part]}") for part in ("address", "retention", "server")),
]
"""Every call that changes something, by operation."""


def killed(project: Project, operation: str, moment: str, call: str) -> bool:
    """Whether the operator was killed; else it made no such call."""
    command = [sys.executable, str(OPERATOR), str(project.folder), operation, moment, call]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def instances_of(project: Project) -> list[str]:
    return [each.stack for each in instances.list_instances(project)]


def servers(project: Project) -> list[int]:
    return [process.pid for process in find(["--data-dir", str(project.data_dir("demo"))])]


def check_up_converges(project: Project) -> None:
    """The state that the spec asks for, one server or none, and nothing more to do."""
    up = operations.up(project, "demo").instance

    assert up and up.as_specified and up.port
    assert is_healthy("127.0.0.1", up.port) is up.spec.running
    assert len(servers(project)) == up.spec.running
    assert instances.token(project, "demo")
    assert set(operations.up(project, "demo").changes) == {"same"}
    assert operations.refresh(project, "demo").drift == ()


def check_delete_leaves_nothing(project: Project) -> None:
    """No process, no data, no spec, no stack, nobody who listens."""
    port = instances.show(project, "demo").port

    operations.delete(project, "demo")

    assert servers(project) == []
    assert not project.data_dir("demo").exists()
    assert instances_of(project) == [] and not project.settings_path("demo").exists()
    assert port is None or not is_healthy("127.0.0.1", port)


def check_state_parses(project: Project) -> None:
    if project.exists() and project.stack("demo").exists():
        project.stack("demo").snapshot().verify()


def check(project: Project, operation: str, moment: str, call: str, recovery: str) -> bool:
    """Kill and recover; False when there was no such call."""
    was_killed = killed(project, operation, moment, call)
    check_state_parses(project)
    if instances_of(project):
        if recovery == "up":
            check_up_converges(project)
        else:
            check_delete_leaves_nothing(project)
    return was_killed


@pytest.mark.parametrize(
    ("operation", "call", "recovery"),
    [
        ("create", "Create:demo-data", "delete"),
        ("create", "Create:demo-deployment-server", "up"),
        ("create", "Create:demo-deployment-server", "delete"),
        ("update", "Update:demo-deployment-server", "up"),
        ("delete", "Delete:demo-deployment-server", "up"),
    ],
)
def test_what_was_done_but_not_recorded_is_taken_in(
    project: Project, operation: str, call: str, recovery: str
) -> None:
    if operation != "create":
        operations.create(project, InstanceSpec(name="demo"))

    assert check(project, operation, "after", call, recovery)


@pytest.mark.slow
@pytest.mark.parametrize("recovery", ["up", "delete"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("operation", "call"), CHANGES, ids=[call for _, call in CHANGES])
def test_every_call_that_changes_something_may_be_the_last(
    project: Project, operation: str, call: str, moment: str, recovery: str
) -> None:
    if operation != "create":
        operations.create(project, InstanceSpec(name="demo"))

    assert check(project, operation, moment, call, recovery)


@pytest.mark.slow
@pytest.mark.parametrize("recovery", ["up", "delete"])
@pytest.mark.parametrize("operation", ["create-stopped", "update", "delete"])
def test_every_call_at_all_may_be_the_last(project: Project, operation: str, recovery: str) -> None:
    """With an instance that does not run, which is quicker."""
    for call in range(1, CALLS):
        if operation != "create-stopped" and not instances_of(project):
            operations.create(project, InstanceSpec(name="demo", running=False))
        was_killed = check(project, operation, "before", str(call), recovery)
        if operation == "create-stopped" and instances_of(project):
            check_delete_leaves_nothing(project)
        if not was_killed:
            return
    pytest.fail(f"{operation} makes more than {CALLS} calls")
