"""The commands that the manifests give the image, run as processes with the environment of the pods."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.components.registrations import recorded

from trackstack import tokens

pytestmark = pytest.mark.slow

TOKEN = tokens.mint()
FILES = {"admin-token": f"{TOKEN.id} {TOKEN.digest}", "key": "A" * 43 + "="}
"""What the Secrets hold."""


class Node:
    """Runs the containers of the recorded instance in a folder in place of their file systems."""

    def __init__(self, root: Path) -> None:
        self.root = root
        parts = recorded("kubernetes_small")
        template = parts["demo-deployment-server"]["inputs"]["spec"]["template"]
        job = parts["demo-retention-gc"]["inputs"]["spec"]["jobTemplate"]["spec"]["template"]
        self.server, self.retention = template["spec"], job["spec"]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def prepare(self, pod: dict[str, Any]) -> None:
        """Its volumes."""
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        for mount in pod["containers"][0]["volumeMounts"]:
            folder = self.root / mount["mountPath"].lstrip("/")
            folder.mkdir(parents=True, exist_ok=True)
            for item in volumes[mount["name"]].get("secret", {}).get("items", ()):
                (folder / item["path"]).write_text(FILES[item["key"]])

    def process(self, pod: dict[str, Any], container: dict[str, Any]) -> "subprocess.Popen[str]":
        """The container's command, where the image's ENTRYPOINT is trackstack-server."""
        self.prepare(pod)
        env = {each["name"]: each["value"] for each in container["env"]}
        for name, value in env.items():
            if value.startswith("/"):
                env[name] = f"{self.root}{value}"
        env |= {"TRACKSTACK_SERVER_HOST": "127.0.0.1", "TRACKSTACK_SERVER_PORT": str(self.port)}
        program = str(Path(sys.executable).with_name("trackstack-server"))
        return subprocess.Popen(
            [program, *container["args"]],
            env={"PATH": os.environ["PATH"], "TMPDIR": str(self.root / "tmp"), **env},
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, pod: dict[str, Any], container: dict[str, Any]) -> str:
        """The container to its end, which is a good one."""
        process = self.process(pod, container)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said
        return said

    @contextmanager
    def serving(self) -> Iterator[None]:
        """The server, once its startup and readiness probes succeed; it stops cleanly."""
        (container,) = self.server["containers"]
        process = self.process(self.server, container)
        try:
            for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
                while not self.probe(container[kind]["httpGet"]):
                    assert process.poll() is None, process.communicate()[0]
                    time.sleep(0.05)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said
        for line in said.splitlines():
            json.loads(line)

    def probe(self, get: dict[str, Any]) -> bool:
        """Whether it succeeds."""
        headers = {header["name"]: header["value"] for header in get["httpHeaders"]}
        try:
            return self.ask(get["path"], headers)[0] == 200
        except OSError:
            return False

    def ask(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


def test_the_pods_commands_migrate_serve_and_collect(tmp_path: Path) -> None:
    node = Node(tmp_path)
    (first,) = node.server["initContainers"]
    (collect,) = node.retention["containers"]

    node.run(node.server, first)
    with node.serving():
        search = "/api/2.0/mlflow/experiments/get?experiment_id=0"
        bearer = {"Authorization": f"Bearer {TOKEN.text}", "Host": "demo-server.demo.svc.cluster.local"}
        assert node.ask(search, bearer)[0] == 200
        assert node.ask(search, {"Host": "demo-server"})[0] == 401
        assert node.ask(search, {**bearer, "Host": "elsewhere.example.org"})[0] == 403
        node.run(node.retention, collect)
    node.run(node.retention, collect)
