"""The Pulumi CLI on the files that we wrote, and we on its; skipped where there is no `pulumi` on PATH."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.engine.files.states import PHRASE

from trackstack.engine import values
from trackstack.engine.checkpoint import open_secrets
from trackstack.engine.errors import LockedError
from trackstack.engine.history import Update
from trackstack.engine.project import Project
from trackstack.engine.resource import Resource
from trackstack.engine.secrets import Passphrase
from trackstack.engine.store import StackStore

PROGRAM = """\
import pulumi
pulumi.export("plain", {"numbers": [1, 2.5, 1e21], "none": None, "text": "<ü & \\u2028>"})
pulumi.export("hush", pulumi.Output.secret({"a": "b", "deep": pulumi.Output.secret("inner")}))
"""
OUTPUTS = {
    "plain": {"numbers": [1, 2.5, 10**21], "none": None, "text": "<ü & \u2028>"},
    "hush": values.secret({"a": "b", "deep": values.secret("inner")}),
}

pytestmark = pytest.mark.skipif(not shutil.which("pulumi"), reason="no pulumi on PATH")


class Cli:
    """`pulumi` in a project's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "PULUMI_CONFIG_PASSPHRASE": PHRASE,
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        }

    def __call__(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "Pulumi.yaml").write_text(
        "name: shop\nruntime: python\nmain: program\nbackend: {url: file://./state}\n"
    )
    (tmp_path / "program").mkdir()
    (tmp_path / "program/__main__.py").write_text(PROGRAM)
    return Project.load(tmp_path)


@pytest.fixture
def ours(project: Project, passphrase: Passphrase) -> StackStore:
    """A stack that we made, as an `up` of the program leaves it."""
    store = project.backend({}).store("shop", "demo")
    store.init(passphrase)
    settings = project.settings("demo")
    settings.set("shop:size", 3)
    settings.set_secret("shop:token", "t0ken", passphrase)
    settings.save()
    with store.lock().held():
        snapshot = store.load()
        journal = store.journal(snapshot, passphrase)
        root = Resource("urn:pulumi:demo::shop::pulumi:pulumi:Stack::shop-demo", "pulumi:pulumi:Stack")
        root.outputs = OUTPUTS
        snapshot.resources = [root]
        journal.commit(snapshot)
        store.record(Update("update", 1700000000, 1700000001, "succeeded", resource_changes={"create": 1}))
    return store


def test_the_cli_lists_decrypts_and_sees_no_changes(ours: StackStore, project: Project) -> None:
    pulumi = Cli(project.folder)

    (listed,) = json.loads(pulumi("stack", "ls", "--json"))
    assert (listed["name"], listed["resourceCount"]) == ("demo", 1)
    shown = json.loads(pulumi("stack", "output", "--json", "--show-secrets", "-s", "demo"))
    assert shown == values.unwrap(OUTPUTS)
    config = json.loads(pulumi("config", "--json", "--show-secrets", "-s", "demo"))
    assert (config["shop:size"]["value"], config["shop:token"]["value"]) == ("3", "t0ken")
    (update,) = json.loads(pulumi("stack", "history", "--json", "-s", "demo"))
    assert (update["kind"], update["resourceChanges"]) == ("update", {"create": 1})
    pulumi("preview", "--expect-no-changes", "-s", "demo")


def test_we_read_what_the_cli_updated_and_it_reads_us_again(
    ours: StackStore, project: Project, passphrase: Passphrase
) -> None:
    pulumi = Cli(project.folder)
    pulumi("up", "--yes", "--skip-preview", "-s", "demo")
    pulumi("config", "set", "shop:size", "4", "-s", "demo")

    snapshot = ours.load()
    open_secrets(snapshot, passphrase)
    assert values.equal(snapshot.outputs, OUTPUTS)
    assert [update.resource_changes for update in ours.history()] == [{"same": 1}, {"create": 1}]
    assert project.settings("demo").plain(passphrase) == {"shop:size": "4", "shop:token": "t0ken"}
    with ours.lock().held():
        ours.journal(ours.load(), passphrase).commit(snapshot)
    pulumi("preview", "--expect-no-changes", "-s", "demo")


def test_a_stack_that_the_cli_made_is_ours_as_well(project: Project, passphrase: Passphrase) -> None:
    pulumi = Cli(project.folder)
    (project.folder / "state").mkdir()  # which the CLI wants
    pulumi("stack", "init", "organization/shop/demo")
    store = project.backend({}).store("shop", "demo")

    snapshot = store.load()
    assert project.backend({}).stacks("shop") == ["demo"]
    assert snapshot.resources == []
    salt = project.settings("demo").encryption_salt
    Passphrase(PHRASE, salt).verify()
    with store.lock().held():
        store.remove()
    assert json.loads(pulumi("stack", "ls", "--json")) == []


def test_the_lock_is_one_for_both(ours: StackStore, project: Project) -> None:
    pulumi = Cli(project.folder)
    with ours.lock().held():
        assert "the stack is currently locked by 1 lock(s)" in pulumi(
            "up", "--yes", "--skip-preview", "-s", "demo", code=1
        )
        pulumi("cancel", "--yes", "-s", "demo")
    program = project.folder / "program/__main__.py"
    program.write_text("import time\nprint('run', flush=True)\ntime.sleep(60)\n")
    running = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "-s", "demo"],
        cwd=project.folder,
        env=pulumi.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert running.stdout
    while "run" not in running.stdout.readline().split():
        assert running.poll() is None
    with pytest.raises(LockedError, match=rf"pid {running.pid}\)"), ours.lock().held():
        pass
    running.kill()
    running.communicate()
    with ours.lock().held():
        assert ours.load().outputs
