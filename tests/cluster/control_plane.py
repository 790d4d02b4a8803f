"""A real Kubernetes control plane on loopback: etcd, API server, controllers, scheduler, and kwok for a node.

Pods are scheduled and become ready without containers; stages.yaml has how, and how one fails.
"""

import base64
import ctypes
import json
import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.cluster.certificates import Authority

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_START_SECONDS = 180
_STOP_SECONDS = 10
_LOG_TIME = "2026-01-01T00:00:00.000000000Z"  # a line of a container's log is as the CRI has it
NODE = "node-0"
LOG_LINES = "".join(f"line {number}: cannot reach the database\n" for number in range(1, 41))
"""What every container of the node has said."""


class ControlPlane:
    """One control plane in a folder of its own."""

    def __init__(self, folder: Path, programs: dict[str, Path]) -> None:
        self.folder = folder
        self._programs = programs
        self._processes: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._ports = dict(zip(("etcd", "peer", "api", "kwok"), _free_ports(4), strict=True))

    @property
    def url(self) -> str:
        """The API server's address."""
        return f"https://127.0.0.1:{self._ports['api']}"

    def start(self) -> Path:
        """Start everything and wait until pods can be scheduled; the administrator's kubeconfig.

        Raises RuntimeError with the log of what does not come up.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        authority = Authority(self.folder)
        authority.issue("server", "kube-apiserver")
        authority.issue("accounts", "service-accounts")
        authority.issue("admin", "admin", ("system:masters",))
        kubeconfig = self.write_kubeconfig("admin")
        self._start_etcd()
        self._start_api()
        self._start_controllers(kubeconfig)
        self._start_node(kubeconfig)
        return kubeconfig

    def stop(self) -> None:
        """End what was started, last first."""
        for _, process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def write_kubeconfig(self, user: str) -> Path:
        """The kubeconfig of somebody who has a certificate, with everything inside."""

        def data(name: str) -> str:
            return base64.b64encode((self.folder / name).read_bytes()).decode()

        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "tests",
            "clusters": [
                {
                    "name": "tests",
                    "cluster": {"server": self.url, "certificate-authority-data": data("ca.crt")},
                }
            ],
            "users": [
                {
                    "name": user,
                    "user": {
                        "client-certificate-data": data(f"{user}.crt"),
                        "client-key-data": data(f"{user}.key"),
                    },
                }
            ],
            "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": user}}],
        }
        path = self.folder / f"{user}.kubeconfig"
        path.write_text(json.dumps(document))
        return path

    def _start_etcd(self) -> None:
        client, peer = (f"http://127.0.0.1:{self._ports[name]}" for name in ("etcd", "peer"))
        self._start(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        )
        self._wait("etcd", f"{client}/health")

    def _start_api(self) -> None:
        self._start(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self._ports['etcd']}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",  # a Service cannot point to loopback
            f"--secure-port={self._ports['api']}",
            f"--tls-cert-file={self.folder / 'server.crt'}",
            f"--tls-private-key-file={self.folder / 'server.key'}",
            f"--client-ca-file={self.folder / 'ca.crt'}",
            f"--kubelet-client-certificate={self.folder / 'admin.crt'}",
            f"--kubelet-client-key={self.folder / 'admin.key'}",
            f"--service-account-key-file={self.folder / 'accounts.key'}",
            f"--service-account-signing-key-file={self.folder / 'accounts.key'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=RBAC",
            "--watch-cache=false",  # Debian's etcd is too old to tell it how far it has come
            "--feature-gates=WatchList=false",
            "--disable-admission-plugins=TaintNodesByCondition",  # no controller takes the taint off here
            "--profiling=false",
        )
        self._wait("kube-apiserver", f"{self.url}/readyz")

    def _start_controllers(self, kubeconfig: Path) -> None:
        self._start(
            "kube-controller-manager",
            f"--kubeconfig={kubeconfig}",
            f"--service-account-private-key-file={self.folder / 'accounts.key'}",
            f"--root-ca-file={self.folder / 'ca.crt'}",
            "--leader-elect=false",
            "--secure-port=0",
            "--enable-hostpath-provisioner",
            "--controllers=*,-node-lifecycle-controller",  # kwok's node sends no heartbeats
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
            "--namespace-sync-period=2s",
        )
        self._start(
            "kube-scheduler",
            f"--kubeconfig={kubeconfig}",
            "--leader-elect=false",
            "--secure-port=0",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
        )

    def _start_node(self, kubeconfig: Path) -> None:
        logs = self.folder / "containers.log"
        logs.write_text("".join(f"{_LOG_TIME} stderr F {line}\n" for line in LOG_LINES.splitlines()))
        stages = (Path(__file__).parent / "stages.yaml").read_text().replace("LOGS_FILE", str(logs))
        (self.folder / "stages.yaml").write_text(stages)
        self._start(
            "kwok",
            f"--kubeconfig={kubeconfig}",
            f"--config={self.folder / 'stages.yaml'}",
            "--manage-all-nodes",
            "--cidr=10.244.0.0/16",
            "--node-ip=127.0.0.1",
            f"--node-port={self._ports['kwok']}",
            f"--server-address=127.0.0.1:{self._ports['kwok']}",
            f"--tls-cert-file={self.folder / 'server.crt'}",
            f"--tls-private-key-file={self.folder / 'server.key'}",
        )
        self._post("/api/v1/nodes", {"kind": "Node", "apiVersion": "v1", "metadata": {"name": NODE}})
        self._post(
            "/apis/storage.k8s.io/v1/storageclasses",
            {
                "kind": "StorageClass",
                "apiVersion": "storage.k8s.io/v1",
                "metadata": {
                    "name": "standard",
                    "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
                },
                "provisioner": "kubernetes.io/host-path",
            },
        )
        self._until("kwok", self._schedulable)

    def _schedulable(self) -> bool:
        node = self._get(f"/api/v1/nodes/{NODE}")
        ready = any(
            condition["type"] == "Ready" and condition["status"] == "True"
            for condition in node["status"].get("conditions", ())
        )
        self._get("/api/v1/namespaces/default/serviceaccounts/default")  # made by the controllers
        return ready and not node["spec"].get("taints")

    def _start(self, name: str, *flags: str) -> None:
        with open(self.folder / f"{name}.log", "wb") as log:
            process = subprocess.Popen(
                [str(self._programs[name]), *flags],
                cwd=self.folder,
                env={**os.environ, "KUBE_FEATURE_WatchListClient": "false"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is the tests' own
                preexec_fn=_die_with_parent,
            )
        self._processes.append((name, process))

    def _wait(self, name: str, url: str) -> None:
        def answers() -> bool:
            self._open(urllib.request.Request(url))
            return True

        self._until(name, answers)

    def _until(self, name: str, holds: Any) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            for each, process in self._processes:
                if process.poll() is not None:
                    raise RuntimeError(f"{each} ended at its start: {self._log(each)}")
            try:
                if holds():
                    return
            except (OSError, urllib.error.URLError):
                pass
            time.sleep(0.1)
        raise RuntimeError(f"{name} is not ready after {_START_SECONDS} s: {self._log(name)}")

    def _log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-2000:]

    def _get(self, path: str) -> Any:
        return json.loads(self._open(urllib.request.Request(self.url + path)))

    def _post(self, path: str, document: dict[str, Any]) -> None:
        request = urllib.request.Request(self.url + path, json.dumps(document).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        self._open(request)

    def _open(self, request: urllib.request.Request) -> bytes:
        context = None
        if request.full_url.startswith("https:"):
            context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
            context.load_cert_chain(self.folder / "admin.crt", self.folder / "admin.key")
        with urllib.request.urlopen(request, timeout=5, context=context) as answer:
            return bytes(answer.read())


def _die_with_parent() -> None:
    """Have Linux end this process when the one that started it is killed."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
