import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import pytest

from trackstack.engine.history import Update
from trackstack.stacks import instances, operations
from trackstack.stacks.catalog import Catalog
from trackstack.stacks.errors import InstanceNotFound
from trackstack.stacks.instances import Instance
from trackstack.stacks.passphrase import passphrase
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec


def write_spec(project: Project, stack: str) -> None:
    project.make()
    settings = project.settings(stack)
    settings.set("trackstack:name", stack)
    settings.save()


def test_reading_instances_imports_no_pulumi() -> None:
    code = (
        "import sys; from trackstack.stacks import errors, events, instances, passphrase, project, spec;"
        "sys.exit('pulumi' in sys.modules or 'grpc' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_spec_that_was_never_brought_up_is_pending(project: Project) -> None:
    write_spec(project, "demo")

    [demo] = instances.list_instances(project)

    assert (demo.state, demo.wanted, demo.as_specified) == ("pending", "active", False)
    assert (demo.url, demo.port, demo.created, demo.updated, demo.error) == ("", None, None, None, "")
    with pytest.raises(InstanceNotFound, match="demo has no token yet; `trackstack up demo` makes it"):
        instances.token(project, "demo")


def test_an_instance_that_is_worked_on_is_reconciling(project: Project) -> None:
    operations.create(project, InstanceSpec(name="demo", running=False))

    with project.backend.store("trackstack", "demo").lock().held():
        assert instances.show(project, "demo").state == "reconciling"
    assert instances.show(project, "demo").state == "stopped"


def test_instances_are_listed_by_stack_and_found_by_either_name(project: Project) -> None:
    for name in ("zoo", "team a"):
        operations.create(project, InstanceSpec(name=name, running=False))

    assert [each.stack for each in instances.list_instances(project)] == ["team-a", "zoo"]
    assert instances.show(project, "team a") == instances.show(project, "team-a")


def test_times_tell_when_it_was_made_and_changed(project: Project) -> None:
    made = operations.create(project, InstanceSpec(name="demo", running=False)).instance
    changed = operations.update(project, "demo", {"retention": "7d"}).instance

    assert made and changed and made.created and made.updated and changed.updated
    assert made.created.tzinfo and made.created <= made.updated < changed.updated
    assert changed.created == made.created


def test_a_stack_whose_spec_is_gone_is_listed_and_can_be_deleted(project: Project) -> None:
    operations.create(project, InstanceSpec(name="demo", running=False))
    project.settings_path("demo").unlink()

    [demo] = instances.list_instances(project)
    assert demo.state == "impaired" and "Pulumi.demo.yaml is missing" in demo.error

    operations.delete(project, "demo")
    assert instances.list_instances(project) == []
    assert not project.data_dir("demo").exists()


def test_an_instance_is_found_by_its_stack_or_by_a_name_that_only_it_has(project: Project) -> None:
    operations.declare(project, InstanceSpec(name="demo"))
    operations.declare(project, InstanceSpec(name="demo"), stack="demo-2")
    operations.configure(project, "demo-2", {"name": "Team A"})

    assert instances.find(project, "demo") == "demo"
    assert instances.find(project, "Team A") == instances.find(project, "demo-2") == "demo-2"

    operations.declare(project, InstanceSpec(name="Team A"), stack="other")
    with pytest.raises(InstanceNotFound, match="2 instances are called 'Team A'; say which: demo-2, other"):
        instances.find(project, "Team A")


def test_instances_that_come_and_go_while_they_are_read_are_there_or_not(project: Project) -> None:
    """Never impaired, nor an error: what is removed between two looks at its files is gone."""
    project.make()
    names = [f"i{number}" for number in range(20)]
    newest = names[0]
    over = Event()

    def come_and_go() -> None:
        nonlocal newest
        try:
            for newest in names:  # a name that comes again could be gone at one look and there at the next
                operations.declare(project, InstanceSpec(name=newest, port=5999))
                stack = project.stack(newest)
                stack.init(passphrase())
                store = project.backend.store("trackstack", newest)
                with store.lock().held():
                    store.record(Update("update", 1, 2, "succeeded"))
                stack.remove()
                project.settings_path(newest).unlink()
        finally:
            over.set()

    def seen(look: Callable[[], Iterable[Instance]]) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        while not over.wait(0.001):  # else they leave no time to what they look at
            with suppress(InstanceNotFound):
                found |= {(each.state, each.error) for each in look()}
        return found

    def last_update() -> list[Instance]:
        assert instances.last_update(project, newest) in (None, (1, 2, True))
        return []

    looks: list[Callable[[], Iterable[Instance]]] = [
        lambda: instances.list_instances(project),
        lambda: [instances.show(project, newest)],
        Catalog(project).instances,
        last_update,
    ]
    with ThreadPoolExecutor() as pool:
        found = pool.map(seen, looks)
        come_and_go()
    assert set().union(*found) == {("pending", "")}


def test_a_damaged_record_of_an_operation_is_as_if_there_was_none(project: Project) -> None:
    operations.create(project, InstanceSpec(name="demo", running=False))
    assert instances.last_update(project, "demo")

    [record] = project.backend.folder.rglob("*.history.json")
    record.write_text("{")

    assert instances.last_update(project, "demo") is None
    assert instances.show(project, "demo").state == "stopped"
