"""What Trackstack needs of a machine, one check a function: what was found, and the remedy.

`fail` is what `trackstack create` cannot do without; `warn` is what only some targets need.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from trackstack.stacks.project import Project

PYTHON = (3, 11)  # requires-python of the package
_ANOTHER = "choose another folder with --project"

TOOLS = (
    (
        "pulumi",
        "--engine pulumi, and what the embedded engine refuses",
        "https://www.pulumi.com/docs/install/",
    ),
)
EXTRAS = (
    ("kubernetes", "kubernetes", "instances in a cluster"),
    ("postgres", "psycopg", "databases on PostgreSQL"),
    ("s3", "obstore", "artifacts in S3, GCS or Azure"),
)


@dataclass(frozen=True)
class Check:
    """One finding; `remedy` is empty where nothing is to be done."""

    name: str
    state: Literal["ok", "warn", "fail"]
    found: str
    remedy: str = ""


def run(find_project: Callable[[], Project], context: str | None = None) -> Iterator[Check]:
    """All checks, each as it is done; a project that cannot be found is a finding, not an error.

    `context` is the kubeconfig's whose cluster is looked at; empty: its current one; None: none is.
    """
    yield _python()
    yield _project(find_project)
    yield _passphrase()
    yield _port()
    for tool in TOOLS:
        yield _tool(*tool)
    for extra in EXTRAS:
        yield _extra(*extra)
    if context is not None:
        yield _cluster(context)


def _cluster(context: str) -> Check:
    from trackstack.stacks.errors import StackError
    from trackstack.stacks.pods import Pods
    from trackstack.stacks.spec import InstanceSpec

    spec = InstanceSpec(name="doctor", target="kubernetes", kubernetes={"context": context})
    try:
        version = Pods.of(Path.cwd(), spec.stack, spec).version()
    except (StackError, ImportError) as error:
        return Check("cluster", "fail", " ".join(str(error).split()), "mend the kubeconfig or the cluster")
    return Check("cluster", "ok", f"Kubernetes {version}")


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= PYTHON:
        return Check("python", "ok", found)
    wanted = ".".join(map(str, PYTHON))
    return Check("python", "fail", found, f"install Python {wanted} or newer")


def _project(find: Callable[[], Project]) -> Check:
    try:
        folder = find().folder
    except Exception as error:  # whatever is wrong with it is what this check is to tell
        return Check("project", "fail", " ".join(str(error).split()), _ANOTHER)
    return _writable("project", folder)


def _writable(name: str, folder: Path) -> Check:
    """A folder that is there must be a writable one; one that is not must have room to be made."""
    existing = next(each for each in (folder, *folder.parents) if each.exists() or each.is_symlink())
    if not existing.is_dir():
        return Check(name, "fail", f"{folder}: {existing} is not a folder", _ANOTHER)
    if not os.access(existing, os.W_OK | os.X_OK):
        return Check(name, "fail", f"{folder}: no right to write to {existing}", _ANOTHER)
    return Check(name, "ok", str(folder) if existing == folder else f"{folder} (made by the first create)")


def _passphrase() -> Check:
    if "PULUMI_CONFIG_PASSPHRASE" in os.environ:
        if os.environ["PULUMI_CONFIG_PASSPHRASE"]:
            return Check("passphrase", "ok", "PULUMI_CONFIG_PASSPHRASE")
        found = "PULUMI_CONFIG_PASSPHRASE is empty"
        return Check("passphrase", "warn", found, "set one: without, secrets lie open")
    if file := os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE"):
        if os.access(file, os.R_OK) and Path(file).is_file():
            return Check("passphrase", "ok", f"PULUMI_CONFIG_PASSPHRASE_FILE={file}")
        return Check("passphrase", "fail", f"{file} cannot be read", "mend PULUMI_CONFIG_PASSPHRASE_FILE")
    from trackstack.stacks.passphrase import passphrase_file

    own = passphrase_file()
    if own.exists():
        if own.stat().st_mode & 0o077:
            return Check("passphrase", "warn", f"{own} can be read by others", f"chmod 600 {own}")
        return Check("passphrase", "ok", str(own))
    return _writable("passphrase", own)


def _port() -> Check:
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
    except OSError as error:
        return Check("ports", "fail", f"no free port on 127.0.0.1: {error.strerror}", "end what holds them")
    return Check("ports", "ok", "free ports on 127.0.0.1")


def _tool(name: str, purpose: str, source: str) -> Check:
    if path := shutil.which(name):
        return Check(name, "ok", path)
    return Check(name, "warn", f"not found; only needed for {purpose}", f"see {source}")


def _extra(name: str, module: str, purpose: str) -> Check:
    label = f"extra {name}"
    if find_spec(module):
        return Check(label, "ok", purpose)
    found = f"not installed; only needed for {purpose}"
    return Check(label, "warn", found, f"pip install 'trackstack[{name}]'")
