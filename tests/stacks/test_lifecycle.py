import json
import os
import shutil
import signal
import urllib.error
import urllib.request
from pathlib import Path

import psutil

from trackstack.engine.history import Update
from trackstack.providers.local.health import is_healthy
from trackstack.providers.local.process import find
from trackstack.stacks import instances, operations
from trackstack.stacks.events import Cancellation, Event, OperationFinished, StepFinished
from trackstack.stacks.instances import Instance, show
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec


def healthy(instance: Instance) -> bool:
    return instance.port is not None and is_healthy("127.0.0.1", instance.port)


def created(project: Project, **settings: object) -> Instance:
    report = operations.create(project, InstanceSpec(name="demo", **settings))
    assert report.instance
    return report.instance


def kill_server(project: Project) -> None:
    [server] = find(["--data-dir", str(project.data_dir("demo"))])
    os.kill(server.pid, signal.SIGKILL)
    psutil.wait_procs([server], timeout=5)


def experiments(instance: Instance, token: str) -> int:
    """The status of an authenticated request."""
    request = urllib.request.Request(
        f"{instance.url}/api/2.0/mlflow/experiments/get?experiment_id=0",
        headers={"Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_an_instance_is_created_used_changed_stopped_started_and_deleted(project: Project) -> None:
    events: list[Event] = []
    spec = InstanceSpec(name="demo", description="for team a", labels={"team": "a"})
    report = operations.create(project, spec, events.append, Cancellation())
    demo = report.instance
    assert demo and demo.spec == spec and demo.state == "active" and demo.as_specified and healthy(demo)
    assert report.changes == {"create": 16} and report.drift == ()
    assert isinstance(events[-1], OperationFinished) and any(
        isinstance(each, StepFinished) for each in events
    )
    token = instances.token(project, "demo")
    assert experiments(demo, token) == 200
    assert experiments(demo, token[:-1] + "x") == 401

    changed = operations.update(project, "demo", {"retention": "7d", "labels": {"team": None, "cost": "1"}})
    assert changed.instance and changed.instance.spec.retention == "7d"
    assert changed.instance.spec.labels == {"cost": "1"}
    assert json.loads((demo.data_dir / "retention.json").read_text()) == {"retention": "7d"}
    assert changed.changes["update"] == 2 and healthy(demo)

    stopped = operations.stop(project, "demo").instance
    assert stopped and stopped.state == "stopped" and stopped.as_specified and not healthy(demo)
    assert (demo.data_dir / "tracking.db").stat().st_size

    started = operations.start(project, "demo").instance
    assert started and started.state == "active" and started.url == demo.url
    assert instances.token(project, "demo") == token and experiments(started, token) == 200

    deleted = operations.delete(project, "demo")
    assert deleted.instance is None and deleted.changes == {"delete": 16}
    assert not healthy(demo) and not demo.data_dir.exists()
    assert instances.list_instances(project) == []
    assert not project.settings_path("demo").exists()
    assert not list(find(["--data-dir", str(demo.data_dir)]))

    again = created(project)
    assert again.state == "active" and instances.token(project, "demo") != token
    operations.delete(project, "demo")


def test_what_drifted_is_found_by_refresh_and_mended_by_up_without_losing_data(project: Project) -> None:
    demo = created(project)
    token = instances.token(project, "demo")
    rows = (demo.data_dir / "tracking.db").stat().st_ino
    assert operations.refresh(project, "demo").drift == ()

    kill_server(project)
    shutil.rmtree(demo.data_dir / "artifacts")
    (demo.data_dir / "retention.json").write_text('{"retention": "1d"}')
    (demo.data_dir / "admin-token").unlink()
    assert show(project, "demo").state == "impaired"

    assert {step.name for step in operations.refresh(project, "demo").drift} == {
        "demo-deployment-server",
        "demo-bucket-folder",
        "demo-retention-schedule",
        "demo-token-admin",
    }
    mended = operations.up(project, "demo").instance

    assert mended and mended.state == "active" and mended.url == demo.url and healthy(mended)
    assert instances.token(project, "demo") == token and experiments(mended, token) == 200
    assert json.loads((demo.data_dir / "retention.json").read_text()) == {"retention": "30d"}
    assert (demo.data_dir / "artifacts").is_dir()
    assert (demo.data_dir / "tracking.db").stat().st_ino == rows
    assert operations.up(project, "demo").changes == {"same": 16}
    operations.delete(project, "demo")


def test_a_lost_data_folder_is_made_anew_under_the_same_address(project: Project) -> None:
    demo = created(project)
    shutil.rmtree(demo.data_dir)

    mended = operations.up(project, "demo").instance

    assert mended and mended.url == demo.url and mended.state == "active"
    assert experiments(mended, instances.token(project, "demo")) == 200
    assert len(list(find(["--data-dir", str(demo.data_dir)]))) == 1
    operations.delete(project, "demo")


def test_a_project_that_was_moved_goes_on_with_its_data(project: Project, tmp_path: Path) -> None:
    demo = created(project, running=False)
    (demo.data_dir / "tracking.db").write_bytes(b"rows")
    project.folder.rename(tmp_path / "moved")
    (tmp_path / "link").symlink_to(tmp_path / "moved")
    moved = Project(tmp_path / "moved")

    assert operations.up(moved, "demo").changes["replace"]
    assert operations.up(Project(tmp_path / "link"), "demo").changes == {"same": 16}

    assert (moved.data_dir("demo") / "tracking.db").read_bytes() == b"rows"
    assert show(moved, "demo").state == "stopped"


def test_a_preview_tells_what_up_would_do_and_changes_nothing(project: Project) -> None:
    project.make()
    settings = project.settings("demo")
    settings.config["trackstack:name"] = "demo"
    settings.save()
    assert show(project, "demo").state == "pending"

    plan = operations.preview(project, "demo")

    assert plan.changed and plan.changes == {"create": 16}
    assert not project.stack("demo").exists() and not project.data_dir("demo").exists()

    operations.up(project, "demo")
    assert not operations.preview(project, "demo").changed
    settings = project.settings("demo")
    settings.set("trackstack:retention", "7d")
    settings.save()
    plan = operations.preview(project, "demo")
    assert [(step.op, step.name) for step in plan.steps if step.op != "same" and step.diff] == [
        ("update", "demo-retention-schedule")
    ]
    operations.delete(project, "demo")


def test_everything_that_an_instance_keeps_is_for_its_owner_only(project: Project, tmp_path: Path) -> None:
    demo = created(project)

    for path in (demo.data_dir, *demo.data_dir.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
    token = instances.token(project, "demo")
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or token.encode() not in path.read_bytes(), path
    operations.delete(project, "demo")
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or token.encode() not in path.read_bytes(), path


def test_operations_leave_their_history_in_pulumis_form(project: Project) -> None:
    created(project)
    operations.refresh(project, "demo")

    history = project.stack("demo").history()

    assert all(isinstance(each, Update) and each.succeeded for each in history)
    assert [each.kind for each in history] == ["refresh", "update"]
    operations.delete(project, "demo")
