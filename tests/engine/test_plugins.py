"""Provider plugins as processes of their own."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pulumi
import pytest
from tests.engine.embedded import secrets
from tests.engine.scenarios.model import PROJECT, STACK, Thing, things
from tests.engine.scripted import ScriptedProvider, serve

from trackstack.engine import Backend, Options, Stack
from trackstack.engine.errors import ConfigError, EngineError, ResourceError, UnsupportedError
from trackstack.engine.plugin_search import Attached, Executable, find_plugin, newest

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = f"""\
#!{sys.executable}
import os, subprocess, sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from tests.engine.scripted import ScriptedProvider, serve

def create(provider, call):
    if "die" in call.news:
        print("out of memory", file=sys.stderr, flush=True)
        os._exit(3)
    return provider.default(call)

helper = subprocess.Popen(["sleep", "600"])
Path("pids").write_text(f"{{os.getpid()}} {{helper.pid}}")
import threading
with serve(ScriptedProvider({{"create": create}})) as port:
    print(port, flush=True)
    threading.Event().wait()
"""


def install(folder: Path, source: str = PLUGIN) -> Path:
    """A plugin program in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "pulumi-resource-cloud"
    program.write_text(source)
    program.chmod(0o755)
    return program


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PULUMI_HOME, and nothing else that could name a plugin."""
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PULUMI_DEBUG_PROVIDERS", raising=False)
    monkeypatch.delenv("PULUMI_IGNORE_AMBIENT_PLUGINS", raising=False)
    return tmp_path / "home"


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    stack = Backend.open(tmp_path / "state").stack(PROJECT, STACK)
    stack.init(secrets())
    return stack


def options(folder: Path) -> Options:
    return Options(secrets=secrets(), root=folder)


def gone(pid: int, seconds: float = 5) -> bool:
    """Whether a process ends within that time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_a_plugin_of_the_plugin_folder_makes_resources_and_ends_with_its_children(
    home: Path, tmp_path: Path, stack: Stack
) -> None:
    install(home / "plugins/resource-cloud-v1.0.0")

    result = stack.up(things("a", size=1), options(tmp_path))

    assert result.changes == {"create": 2}
    assert all(gone(int(pid)) for pid in (tmp_path / "pids").read_text().split())


def test_a_plugin_that_dies_in_a_call_fails_its_step_and_leaves_valid_state(
    home: Path, tmp_path: Path, stack: Stack
) -> None:
    install(home / "plugins/resource-cloud-v1.0.0")

    def program() -> None:
        a = Thing("a", size=1)
        Thing("b", pulumi.ResourceOptions(depends_on=[a]), die=True)

    with pytest.raises(
        ResourceError, match=r"ended with exit code 3 \(it said: out of memory\) during Create"
    ):
        stack.up(program, options(tmp_path))

    assert [r.name for r in stack.snapshot().resources if r.custom and not r.is_provider] == ["a"]
    assert stack.up(things("a", size=1), options(tmp_path)).changes == {"same": 2}


def test_messages_may_be_larger_than_grpc_has_it_by_default(home: Path, tmp_path: Path, stack: Stack) -> None:
    install(home / "plugins/resource-cloud-v1.0.0")

    stack.up(things("a", text="x" * 6_000_000), options(tmp_path))

    assert len(stack.snapshot().resources[-1].outputs["text"]) == 6_000_000


def test_an_attached_provider_is_used_and_left_running(
    home: Path, tmp_path: Path, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = ScriptedProvider()
    with serve(provider) as port:
        monkeypatch.setenv("PULUMI_DEBUG_PROVIDERS", f"other:1,cloud:{port}")
        stack.up(things("a", size=1), options(tmp_path))
        stack.up(things("a", size=2), options(tmp_path))

    assert provider.world == {"a-1": {"size": 2, "address": "a-1.test"}}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("#!/bin/sh\necho hello\nsleep 60\n", "printed 'hello' instead of a port"),
        ("#!/bin/sh\necho 'no licence' >&2\nexit 7\n", r"ended with exit code 7 \(it said: no licence\)"),
        ("#!/no/such/interpreter\n", "cannot start the provider plugin"),
    ],
)
def test_a_plugin_that_does_not_start_is_a_clear_error(
    home: Path, tmp_path: Path, stack: Stack, source: str, message: str
) -> None:
    install(home / "plugins/resource-cloud-v1.0.0", source)

    with pytest.raises(EngineError, match=message):
        stack.up(things("a"), options(tmp_path))


def test_where_there_is_no_plugin_the_error_names_package_and_version(
    home: Path, tmp_path: Path, stack: Stack
) -> None:
    def program() -> None:
        Thing("a", pulumi.ResourceOptions(version="1.2.3"))

    with pytest.raises(UnsupportedError, match=r"no pulumi-resource-cloud 1\.2\.3 in"):
        stack.up(program, options(tmp_path))


def test_plugins_are_looked_for_in_pulumis_order(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = install(home / "plugins/resource-cloud-v1.0.0")
    assert find_plugin("cloud", "", tmp_path) == Executable((str(installed),))

    ambient = install(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    assert find_plugin("cloud", "", tmp_path) == Executable((str(ambient),))
    monkeypatch.setenv("PULUMI_IGNORE_AMBIENT_PLUGINS", "true")
    assert find_plugin("cloud", "", tmp_path) == Executable((str(installed),))

    (tmp_path / "plugin").mkdir()
    (tmp_path / "plugin/PulumiPlugin.yaml").write_text("runtime: python\n")
    (tmp_path / "Pulumi.yaml").write_text(
        "name: demo\nruntime: python\nplugins: {providers: [{name: cloud, path: plugin}]}\n"
    )
    assert find_plugin("cloud", "", tmp_path) == Executable((sys.executable, str(tmp_path / "plugin")))

    monkeypatch.setenv("PULUMI_DEBUG_PROVIDERS", "cloud:1234")
    assert find_plugin("cloud", "", tmp_path) == Attached(1234)
    monkeypatch.setenv("PULUMI_DEBUG_PROVIDERS", "cloud:x")
    with pytest.raises(ConfigError, match="PULUMI_DEBUG_PROVIDERS: 'x' is no port number"):
        find_plugin("cloud", "", tmp_path)


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("", "1.10.0"),
        ("1.2.0", "1.2.0"),
        ("v1.3.0", "1.10.0"),
        ("1.99.0", None),
        ("2.0.0-alpha.1", "2.0.0-alpha.1"),
        ("3.0.0", None),
    ],
)
def test_the_newest_version_that_fits_is_taken(tmp_path: Path, version: str, expected: str | None) -> None:
    for known in ("1.2.0", "1.9.0", "1.10.0", "2.0.0-alpha.1"):
        (tmp_path / f"resource-cloud-v{known}").mkdir()
    (tmp_path / "resource-cloud-v1.11.0").mkdir()
    (tmp_path / "resource-cloud-v1.11.0.partial").touch()

    found: Any = newest(tmp_path, "cloud", version)

    assert (found and found.name) == (expected and f"resource-cloud-v{expected}")
