"""What cannot be is refused in one line, and nothing is changed."""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from trackstack.stacks import instances, operations
from trackstack.stacks.errors import (
    InstanceExists,
    InstanceNotFound,
    InvalidSpec,
    Locked,
    ResourceFailed,
    StackError,
    WrongPassphrase,
)
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec


@pytest.fixture
def demo(project: Project) -> Iterator[Project]:
    """A project with a stopped instance `demo`: quick, for nothing here needs its server."""
    operations.create(project, InstanceSpec(name="demo", running=False))
    before = contents(project)
    yield project
    assert contents(project) == before


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that this process listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def contents(project: Project) -> dict[str, bytes]:
    """The specs and states."""
    files = [*project.folder.glob("Pulumi.*"), *project.folder.glob("state/.pulumi/stacks/*/*.json")]
    return {str(file): file.read_bytes() for file in files}


def test_a_name_that_is_taken(demo: Project) -> None:
    with pytest.raises(
        InstanceExists, match=r"^there is an instance 'demo' already \(stopped\); `trackstack up"
    ):
        operations.create(demo, InstanceSpec(name="demo", retention="1d"))


def test_two_names_that_would_be_one_stack(project: Project) -> None:
    operations.create(project, InstanceSpec(name="team a", running=False))

    with pytest.raises(InstanceExists, match="there is an instance 'team a' already"):
        operations.create(project, InstanceSpec(name="team-a"))


@pytest.mark.parametrize(
    "operation", ["up", "preview", "refresh", "start", "stop", "delete", "lock_holder", "unlock"]
)
@pytest.mark.parametrize("name", ["nobody", "..", "a/b", ""])
def test_a_name_that_is_not_there(demo: Project, operation: str, name: str) -> None:
    with pytest.raises(InstanceNotFound, match=f"^there is no instance {name!r} in /"):
        getattr(operations, operation)(demo, name)


def test_a_name_in_a_project_that_was_not_made(project: Project) -> None:
    with pytest.raises(InstanceNotFound):
        instances.show(project, "demo")
    assert not project.folder.exists()


def test_a_change_that_cannot_be(demo: Project) -> None:
    with pytest.raises(InvalidSpec, match="retention: '0d' cannot be used"):
        operations.update(demo, "demo", {"retention": "0d"})


def test_a_port_that_is_taken(demo: Project, taken: int) -> None:
    message = f"^port {taken} on 127.0.0.1 is taken by process {os.getpid()} "

    with pytest.raises(StackError, match=message):
        operations.create(demo, InstanceSpec(name="other", port=taken))
    with pytest.raises(StackError, match=message):
        operations.update(demo, "demo", {"port": taken, "running": True})


def test_the_kept_port_taken_by_somebody_else_at_start(demo: Project) -> None:
    port = instances.show(demo, "demo").port
    message = f"^port {port} on 127.0.0.1 is taken by process {os.getpid()} "
    with socket.create_server(("127.0.0.1", port)), pytest.raises(StackError, match=message):
        operations.start(demo, "demo")


def test_a_wrong_passphrase(demo: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")

    for operation in (operations.up, operations.delete, operations.refresh):
        with pytest.raises(WrongPassphrase, match="incorrect passphrase"):
            operation(demo, "demo")
    with pytest.raises(WrongPassphrase, match="incorrect passphrase"):
        operations.update(demo, "demo", {"retention": "1d"})
    with pytest.raises(WrongPassphrase, match="incorrect passphrase"):
        instances.token(demo, "demo")


def test_a_lock_held_by_another_operator(demo: Project) -> None:
    with demo.backend.store("trackstack", "demo").lock().held():
        holder = operations.lock_holder(demo, "demo")
        assert holder and holder.pid == os.getpid()
        for operation in (operations.up, operations.delete, operations.stop):
            with pytest.raises(Locked, match=rf"locked by .*\(pid {os.getpid()}\) since "):
                operation(demo, "demo")
        with pytest.raises(Locked):
            operations.update(demo, "demo", {"retention": "1d"})
    assert operations.lock_holder(demo, "demo") is None


@pytest.mark.parametrize(
    "damage", [lambda text: text[: len(text) // 2], lambda text: text.replace("urn:", "u:")]
)
def test_a_state_that_was_cut_off_or_edited(project: Project, damage: object) -> None:
    operations.create(project, InstanceSpec(name="demo", running=False))
    path = project.folder / "state/.pulumi/stacks/trackstack/demo.json"
    path.write_text(damage(path.read_text()))  # type: ignore[operator]  # one of the lambdas above
    before = contents(project)

    with pytest.raises(StackError, match=r"demo\.json"):
        operations.up(project, "demo")
    with pytest.raises(StackError, match=r"demo\.json"):
        operations.delete(project, "demo")
    [listed] = instances.list_instances(project)
    assert listed.state == "impaired" and "demo.json" in listed.error
    assert contents(project) == before


def test_a_spec_that_was_edited_badly_is_named_with_its_file(demo: Project) -> None:
    path = demo.settings_path("demo")
    good = path.read_text()
    for text, message in (
        (good.replace("30d", "300d"), r"Pulumi.demo.yaml: retention: '300d' cannot be used"),
        (
            good.replace("config:\n", "config:\n  trackstack:colour: red\n"),
            r"Pulumi.demo.yaml: colour is no setting of an instance",
        ),
        ("config: [", r"Pulumi.demo.yaml:\d"),
    ):
        path.write_text(text)
        with pytest.raises(StackError, match=message):
            operations.up(demo, "demo")
        [listed] = instances.list_instances(demo)
        assert listed.state == "impaired" and listed.error
    path.write_text(good)


def test_a_file_that_was_edited_to_have_the_data_elsewhere(demo: Project) -> None:
    path = demo.settings_path("demo")
    good = path.read_text()
    path.write_text(good.replace("target: local", "target: kubernetes"))
    message = (
        "^target: 'local' cannot become 'kubernetes', .*; put it back in Pulumi.demo.yaml, or make another"
    )

    for operation in (operations.up, operations.preview, operations.start):
        with pytest.raises(InvalidSpec, match=message):
            operation(demo, "demo")

    path.write_text(good)


def test_a_copied_project_touches_nothing_of_the_original(demo: Project, tmp_path: Path) -> None:
    shutil.copytree(demo.folder, tmp_path / "copy")
    copy = Project(tmp_path / "copy")

    for operation in (operations.up, operations.stop, operations.delete):
        with pytest.raises(
            StackError, match=f"^demo keeps its data in {demo.data_dir('demo')}, and this project is"
        ):
            operation(copy, "demo")
    assert demo.data_dir("demo").is_dir()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)

    with pytest.raises(PermissionError):
        operations.create(Project(tmp_path / "locked" / "project"), InstanceSpec(name="demo"))


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(OSError, match="Not a directory") as refused:
        operations.create(Project(tmp_path / "file" / "project"), InstanceSpec(name="demo"))
    assert refused.value.filename


def test_a_create_that_fails_is_continued_by_up(project: Project) -> None:
    project.make()
    data_dir = project.data_dir("demo")
    data_dir.mkdir(parents=True)
    (data_dir / "thesis.tex").write_text("x")

    with pytest.raises(ResourceFailed, match="holds files of others; empty it or choose another"):
        operations.create(project, InstanceSpec(name="demo", running=False))
    assert instances.show(project, "demo").state != "active"
    with pytest.raises(InstanceExists):
        operations.create(project, InstanceSpec(name="demo"))
    with pytest.raises(ResourceFailed):
        operations.up(project, "demo")

    (data_dir / "thesis.tex").unlink()
    up = operations.up(project, "demo").instance
    assert up and up.state == "stopped"


def test_a_create_that_fails_is_removed_by_delete_which_leaves_what_is_not_its_own(project: Project) -> None:
    data_dir = project.data_dir("demo")
    data_dir.mkdir(parents=True)
    (data_dir / "thesis.tex").write_text("x")
    with pytest.raises(ResourceFailed):
        operations.create(project, InstanceSpec(name="demo", running=False))

    operations.delete(project, "demo")

    assert instances.list_instances(project) == []
    assert (data_dir / "thesis.tex").exists()
