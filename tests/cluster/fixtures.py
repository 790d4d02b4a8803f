"""The fixture `cluster`: one real control plane for the whole test run, shared by its processes."""

import fcntl
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cluster import programs

_KEEPER_SECONDS = 300
_REPOSITORY = Path(__file__).parents[2]


class Cluster:
    """A running control plane; tests keep apart by their namespaces."""

    def __init__(self, kubeconfig: Path) -> None:
        self.kubeconfig = kubeconfig
        self._client: Any = None
        self._namespaces: list[str] = []

    @property
    def client(self) -> Any:
        """The official client (an untyped `ApiClient`), as the administrator."""
        if self._client is None:
            from kubernetes import config

            self._client = config.new_client_from_config(str(self.kubeconfig))  # type: ignore[no-untyped-call]
        return self._client

    def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """One request as the administrator: the answer's document. Raises LookupError."""
        content = "application/merge-patch+json" if method == "PATCH" else "application/json"
        request = self.client.param_serialize(
            method,
            path,
            query_params=list(query.items()),
            header_params={"Accept": "application/json", "Content-Type": content},
            body=body,
            auth_settings=["BearerToken"],
        )
        answer = self.client.call_api(*request)
        if answer.status >= 300:
            raise LookupError(f"{method} {path}: {answer.read().decode()}")
        return json.loads(answer.read())

    def make_namespace(self, restricted: bool = False) -> str:
        """A new namespace; `restricted` enforces that Pod Security level. It goes at the session's end."""
        name = f"test-{uuid.uuid4().hex[:8]}"
        labels = {"pod-security.kubernetes.io/enforce": "restricted"} if restricted else {}
        self.call("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
        deadline = time.monotonic() + 30
        while not self._has_account(name) and time.monotonic() < deadline:
            time.sleep(0.05)  # pods are refused until the controllers have made it
        self._namespaces.append(name)
        return name

    def remove_namespaces(self) -> None:
        """Delete what `make_namespace` made, without waiting."""
        for name in self._namespaces:
            self.call("DELETE", f"/api/v1/namespaces/{name}")
        self._namespaces.clear()

    def _has_account(self, namespace: str) -> bool:
        found = self.call("GET", f"/api/v1/namespaces/{namespace}/serviceaccounts")
        return bool(found["items"])


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A control plane that stays as long as the test run; skipped where it cannot be had."""
    base = tmp_path_factory.getbasetemp()
    run = os.getpid()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base, run = base.parent, os.getppid()
    folder = base / "cluster"
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready.json").exists() and not (folder / "failed.txt").exists():
            try:
                programs.find()
            except programs.Unavailable as missing:
                pytest.skip(str(missing))
            _start_keeper(folder, run)
    if (folder / "failed.txt").exists():
        pytest.fail((folder / "failed.txt").read_text(), pytrace=False)
    found = Cluster(Path(json.loads((folder / "ready.json").read_text())["kubeconfig"]))
    yield found
    found.remove_namespaces()


def _start_keeper(folder: Path, run: int) -> None:
    with open(folder / "keeper.log", "wb") as log:
        subprocess.run(
            [sys.executable, "-m", "tests.cluster.keeper", str(folder), str(run)],
            cwd=_REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            check=True,
        )
    deadline = time.monotonic() + _KEEPER_SECONDS
    while not (folder / "ready.json").exists() and not (folder / "failed.txt").exists():
        if time.monotonic() > deadline:
            pytest.fail(f"no control plane after {_KEEPER_SECONDS} s", pytrace=False)
        time.sleep(0.1)
