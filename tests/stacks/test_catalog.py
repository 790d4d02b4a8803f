"""A catalog tells at every call what `list_instances` would."""

import os
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trackstack.stacks import instances, operations
from trackstack.stacks.catalog import Catalog
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec

ACTIONS = st.lists(st.tuples(st.sampled_from(["declare", "change", "remove", "damage"]), st.integers(0, 2)))


def act(project: Project, action: str, stack: str) -> None:
    path = project.settings_path(stack)
    if action == "declare" and not path.exists():
        operations.declare(project, InstanceSpec(name=stack))
    elif action == "change" and path.exists():
        old = path.stat()
        path.write_text(path.read_text().replace("30d", "31d"))
        os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns + 1))
    elif action == "damage":
        path.write_text("config: [")
    elif action == "remove":
        path.unlink(missing_ok=True)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(actions=ACTIONS)
def test_every_change_of_a_file_is_seen(tmp_path: Path, actions: list[tuple[str, int]]) -> None:
    project = Project(tmp_path / os.urandom(4).hex())
    project.make()
    catalog = Catalog(project)
    for action, number in actions:
        act(project, action, f"i{number}")
        assert catalog.instances() == instances.list_instances(project)


def test_an_instance_that_was_made_and_deleted_is_seen(project: Project) -> None:
    catalog = Catalog(project)
    assert catalog.instances() == []

    operations.create(project, InstanceSpec(name="demo"))
    assert [each.state for each in catalog.instances()] == ["active"]

    with project.backend.store("trackstack", "demo").lock().held():
        assert [each.state for each in catalog.instances()] == ["reconciling"]
    assert [each.state for each in catalog.instances()] == ["active"]

    operations.delete(project, "demo")
    assert catalog.instances() == []


def test_what_did_not_change_is_not_read_again(project: Project) -> None:
    operations.declare(project, InstanceSpec(name="demo"))
    path = project.settings_path("demo")
    os.utime(path, (1, 1))
    catalog = Catalog(project)
    (known,) = catalog.instances()

    path.chmod(0o000)

    assert catalog.instances()[0].spec is known.spec


def test_a_checkpoint_that_is_replaced_is_seen_in_a_folder_that_long_stood_still(project: Project) -> None:
    operations.create(project, InstanceSpec(name="demo"))
    folder = project.backend.folder / ".pulumi" / "stacks" / "trackstack"
    os.utime(folder, (1, 1))
    catalog = Catalog(project)
    assert [each.state for each in catalog.instances()] == ["active"]

    operations.stop(project, "demo")
    assert [each.state for each in catalog.instances()] == ["stopped"]

    operations.delete(project, "demo")
    assert catalog.instances() == []
