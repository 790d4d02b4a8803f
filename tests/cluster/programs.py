"""The control plane's programs: etcd from the system, the others built once from the modules in go.mod."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

import platformdirs

MODULE = Path(__file__).parent
VERSION = "v1.36.3"
"""Kubernetes' version; go.mod has the same."""

_BUILD_SECONDS = 1800
_FLAGS = (
    f"-X k8s.io/component-base/version.gitVersion={VERSION}",
    "-X k8s.io/component-base/version.gitMajor=1",
    "-X k8s.io/component-base/version.gitMinor=36",
)


class Unavailable(Exception):
    """The control plane cannot be had on this machine; the text says what is missing."""


def find() -> dict[str, Path]:
    """The programs by name, built if need be (minutes, once for a machine). Raises Unavailable."""
    folder = _built()
    found = {path.name: path for path in folder.iterdir()}
    etcd = shutil.which("etcd")
    if etcd is None:
        raise Unavailable("etcd is not installed (Debian's package etcd-server)")
    return {**found, "etcd": Path(etcd)}


def _built() -> Path:
    name = hashlib.sha256((MODULE / "go.sum").read_bytes() + " ".join(_FLAGS).encode()).hexdigest()[:16]
    folder = platformdirs.user_cache_path("trackstack-cluster") / name
    if folder.is_dir():
        return folder
    if shutil.which("go") is None:
        raise Unavailable("Go is not installed, and the control plane was not built here before")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several checkouts and test runs share the folder
        if not folder.is_dir():
            _build(folder)
    return folder


def _build(folder: Path) -> None:
    draft = folder.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    flags = ["-trimpath", "-ldflags", " ".join(("-s", "-w", *_FLAGS)), "-o", f"{draft}/"]
    draft.mkdir()
    done = subprocess.run(
        ["nice", "go", "build", *flags, "tool"],
        cwd=MODULE,
        capture_output=True,
        text=True,
        timeout=_BUILD_SECONDS,
    )
    if done.returncode:
        raise Unavailable(f"the control plane does not build here: {done.stderr.strip()[-400:]}")
    draft.rename(folder)
