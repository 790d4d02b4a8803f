"""The image itself: built by buildah on Debian's Python, and run as a pod runs it, with a read-only root."""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.image.pods import Container, containers, free_port, furnish

from trackstack import __version__, tokens

LARGEST = 120 * 1000 * 1000
"""What the server may add to its base, bytes."""
USER = 10001
SUITE = platform.freedesktop_os_release().get("VERSION_CODENAME", "stable")
PACKAGES = {"base": "python3", "builder": "python3,python3-venv,binutils"}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("image"),  # it is built once
    pytest.mark.skipif(
        os.geteuid() != 0 or not (shutil.which("buildah") and shutil.which("mmdebstrap")),
        reason="needs root, buildah and mmdebstrap",
    ),
]


def buildah(*arguments: str) -> str:
    done = subprocess.run(["buildah", *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@dataclass(frozen=True)
class Built:
    """The image, its configuration, and its files in a folder."""

    tag: str
    config: dict[str, Any]
    root: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The image on a base of Debian's packages, as the command builds it."""
    folder = tmp_path_factory.mktemp("storage")
    settings = f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n'
    (folder / "storage.conf").write_text(settings)
    patch = pytest.MonkeyPatch()
    patch.setenv("CONTAINERS_STORAGE_CONF", str(folder / "storage.conf"))
    patch.delenv("STORAGE_DRIVER", raising=False)
    patch.setenv("BUILDAH_ISOLATION", "chroot")
    for name, packages in PACKAGES.items():
        archive = folder / f"{name}.tar"
        debian = [
            "mmdebstrap",
            "--quiet",
            "--variant=essential",
            f"--include={packages}",
            SUITE,
            str(archive),
        ]
        subprocess.run(debian, check=True, capture_output=True)
        made = buildah("from", "scratch")
        buildah("add", "--quiet", made, str(archive), "/")
        buildah("commit", "--quiet", made, f"localhost/{name}:1")
        archive.unlink()
    bases = ("--base", "localhost/base:1", "--builder", "localhost/builder:1")
    command = (sys.executable, "-m", "trackstack.cli.main", "image", "build", "--with", "buildah", *bases)
    done = subprocess.run(
        [*command, "--tag", "localhost/server:1"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout == "localhost/server:1\n"
    container = buildah("from", "localhost/server:1")
    inspected = json.loads(buildah("inspect", "--type", "image", "localhost/server:1"))
    yield Built("localhost/server:1", inspected["Docker"]["config"], Path(buildah("mount", container)))
    buildah("umount", container)
    patch.undo()


@dataclass
class Pod:
    """Runs the image's entry point with volumes of its own, on a root that is mounted read-only."""

    built: Built
    volumes: Path
    port: str

    def popen(self, container: Container, *, user: int = USER) -> "subprocess.Popen[bytes]":
        root, volumes = self.built.root, self.volumes
        binds = " && ".join(
            f"mount --bind {source} {root}{mount}"
            for mount in [*container.mounts, "/proc"]
            for source in [volumes / mount.strip("/") if mount != "/proc" else "/proc"]
        )
        entry = " ".join([*self.built.config["Entrypoint"], *container.args])
        script = (
            f"mount --bind {root} {root} && {binds} && mount -o remount,bind,ro {root} && "
            f"exec chroot --userspec={user}:{user} --groups= {root} {entry}"
        )
        image = dict(variable.split("=", 1) for variable in self.built.config["Env"])
        env = {**image, **container.env, "TRACKSTACK_SERVER_PORT": self.port}
        env["PATH"] += ":/usr/sbin:/sbin"  # of mount and chroot
        return subprocess.Popen(
            ["unshare", "--mount", "/bin/sh", "-c", script],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, container: Container, *, user: int = USER) -> str:
        """To its end, as a Job does; what it said."""
        process = self.popen(container, user=user)
        out, error = process.communicate(timeout=60)
        assert process.returncode == 0, error.decode()
        return out.decode()

    def healthy(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health").is_success
        except httpx.TransportError:
            return False


@pytest.fixture
def token() -> tokens.Token:
    return tokens.mint()


@pytest.fixture
def pod(built: Built, tmp_path: Path, token: tokens.Token) -> Pod:
    def own(folder: Path) -> None:
        os.chown(folder, USER, USER)

    furnish(tmp_path, token, own)
    for parent in (tmp_path, *tmp_path.parents):
        if parent.is_relative_to("/tmp") and parent != Path("/tmp"):  # noqa: S108 - where pytest's folders are
            parent.chmod(parent.stat().st_mode | 0o011)
    for mount in ("data", "artifacts", "tmp", "etc/trackstack/admin", "etc/trackstack/key", "proc"):
        (built.root / mount).mkdir(parents=True, exist_ok=True)
    return Pod(built, tmp_path, free_port())


def test_it_adds_little_to_its_base(built: Built) -> None:
    sizes = json.loads(buildah("images", "--json"))
    by_name = {name: image["size"] for image in sizes for name in image.get("names") or ()}
    print(by_name)
    ours = sum(file.lstat().st_size for file in (built.root / "opt").rglob("*") if not file.is_dir())

    assert ours < LARGEST


def test_a_client_logs_to_it_and_it_stops_cleanly(
    pod: Pod, token: tokens.Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    found = containers({})
    assert pod.run(found["migrate"]) == "the database has schema 0001\n"
    started = time.monotonic()
    process = pod.popen(found["server"])
    while not pod.healthy():
        assert process.poll() is None, process.communicate()[1].decode()
        assert time.monotonic() - started < 30
        time.sleep(0.02)
    print(f"healthy after {time.monotonic() - started:.2f} s")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token.text)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    mlflow.set_tracking_uri(f"http://127.0.0.1:{pod.port}")
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 0.5)
        mlflow.log_text("hello", "notes.txt")
    client = mlflow.MlflowClient()
    assert client.get_run(run.info.run_id).data.metrics == {"loss": 0.5}
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["notes.txt"]
    memory = Path(f"/proc/{process.pid}/status").read_text().partition("VmRSS:")[2].split()[0]
    print(f"resident {memory} kB")
    page = httpx.get(f"http://127.0.0.1:{pod.port}/static-files/favicon.ico")
    assert page.status_code == 200
    health = Container(["healthcheck"], found["server"].env, found["server"].mounts)
    assert pod.run(health) == ""
    assert "removed 0 runs" in pod.run(found["gc"])

    process.terminate()

    _, log = process.communicate(timeout=20)
    assert process.returncode == 0
    assert all(json.loads(line)["level"] == "info" for line in log.splitlines())


def test_any_user_may_run_it(pod: Pod) -> None:
    """As some clusters choose one for each namespace."""
    migrate = containers({})["migrate"]
    (pod.volumes / "data").chmod(0o1777)

    assert pod.run(migrate, user=1_000_650_000) == "the database has schema 0001\n"


def test_it_says_what_it_is(built: Built) -> None:
    labels = {
        name.removeprefix("org.opencontainers.image."): value
        for name, value in built.config["Labels"].items()
    }

    assert labels["version"] == __version__
    assert labels["base.name"] == "localhost/base:1"
    assert {"title", "description", "licenses", "created"} <= labels.keys()
    assert built.config["User"] == f"{USER}:{USER}"
    assert built.config["Healthcheck"]["Test"] == ["CMD", "trackstack-server", "healthcheck"]
    assert built.config["Volumes"] == {"/data": {}}
    assert (built.root / "data").stat().st_mode & 0o7777 == 0o1777


def test_its_bill_of_materials_is_what_is_in_it(built: Built) -> None:
    share = built.root / "opt/trackstack/share/trackstack"
    bill = json.loads((share / "sbom.cdx.json").read_text())
    packages = next(built.root.glob("opt/trackstack/lib/python3*/site-packages"))

    assert bill["bomFormat"] == "CycloneDX"
    listed = {f"{one['name']}-{one['version']}".lower().replace("-", "_") for one in bill["components"]}
    there = {
        path.name.removesuffix(".dist-info").lower().replace("-", "_")
        for path in packages.glob("*.dist-info")
    }
    assert {name.replace(".", "_") for name in listed} == {name.replace(".", "_") for name in there}


def test_how_packages_were_reached_is_not_in_it(built: Built) -> None:
    found = [
        path for folder in ("run", "build", "root", "opt", "etc") for path in (built.root / folder).rglob("*")
    ]

    assert not [path for path in found if path.name in ("pip.conf", "ca.pem")]
    assert "secret" not in json.dumps(built.config).lower()
