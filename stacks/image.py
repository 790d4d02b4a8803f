"""The server's image: what it is made of, and making it with the machine's own tool.

The context is a checkout, since the image is built from what is in it: the wheel of its source and the
packages of its lock files, each with its hash.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import trackstack
from trackstack.stacks.errors import StackError
from trackstack.stacks.packages import write_access
from trackstack.templates import render as fill

BASE = "docker.io/library/python:3.13-slim"
BUILDER = "docker.io/library/python:3.13"
"""The same Python, with what makes programs small."""
NAME = f"trackstack-server:{trackstack.__version__}"
TOOLS = ("docker", "podman", "buildah")
KINDS = {
    "containerfile": "image/Containerfile",
    "containerignore": "image/containerignore",
    "compose": "image/compose",
    "systemd": "image/systemd",
}
_IMAGE = re.compile(r"[A-Za-z0-9][\w.:/@-]{0,400}", re.ASCII)


class ImageFailed(StackError):
    """The image could not be made."""


@dataclass(frozen=True)
class Image:
    """What the image is made from, and how it is called. Raises ValueError naming what cannot be."""

    tag: str = NAME
    base: str = BASE
    builder: str = ""
    """The first stage's base: the same Python, with venv; empty: BUILDER for BASE, any other base itself."""

    def __post_init__(self) -> None:
        for name in ("tag", "base", "builder"):
            value = getattr(self, name)
            if (value or name != "builder") and not _IMAGE.fullmatch(value):
                raise ValueError(f"{name} {value!r} is no image's name; write one such as {BASE}")


def render(kind: str, image: Image, port: int = 5000) -> str:
    """One of KINDS; `port` is that of this machine where the server is reached."""
    return fill(
        KINDS[kind],
        base=image.base,
        builder=image.builder or (BUILDER if image.base == BASE else "${BASE}"),
        image=image.tag,
        port=port,
        version=trackstack.__version__,
        revision=_revision(),
        created=_created().strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def build(image: Image, tool: str | None = None, *, quiet: bool = False) -> str:
    """Makes the image, its progress on stderr; the tool that did. Raises ImageFailed."""
    checkout, tool = _checkout(), tool or _find()
    with _files(image) as folder:
        command = _command(tool, image, folder)
        output = subprocess.PIPE if quiet else sys.stderr
        try:
            done = subprocess.run(
                [*command, str(checkout)],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(),
                check=False,
            )
        except FileNotFoundError:
            raise ImageFailed(f"{tool} is not on PATH; install it, or choose another with --with") from None
    if done.returncode:
        said = (done.stdout or b"").decode(errors="replace").strip().splitlines()
        reason = f": {said[-1]}" if said else "; it says why above"
        raise ImageFailed(f"{tool} could not build {image.tag}{reason}")
    return tool


def _command(tool: str, image: Image, folder: Path) -> list[str]:
    command = [tool, "build", "--tag", image.tag, "--file", str(folder / "Containerfile")]
    for name in ("pip.conf", "ca.pem"):
        command += ["--secret", f"id={name},src={folder / name}"]
    if tool != "docker":
        # Health checks are the docker format's; docker itself finds its ignore file by its name.
        command += ["--format", "docker", "--ignorefile", str(folder / "Containerfile.dockerignore")]
    return command


def _environment() -> Mapping[str, str]:
    return {**os.environ, "DOCKER_BUILDKIT": "1"}


@contextmanager
def _files(image: Image) -> Iterator[Path]:
    """A folder with what the tool is given besides the checkout."""
    with tempfile.TemporaryDirectory(prefix="trackstack-image-") as name:
        folder = Path(name)
        (folder / "Containerfile").write_text(render("containerfile", image))
        (folder / "Containerfile.dockerignore").write_text(render("containerignore", image))
        write_access(folder / "pip.conf", folder / "ca.pem", "/run/secrets/ca.pem")
        yield folder


def _find() -> str:
    """The first tool that is there and works: a docker without its daemon does not."""
    for tool in TOOLS:
        if shutil.which(tool) and not _call(tool, "info").returncode:
            return tool
    raise ImageFailed(
        "no docker, podman or buildah works on this machine; "
        "install one, or build elsewhere what `trackstack image render` writes"
    )


def _checkout() -> Path:
    folder = Path(trackstack.__file__).resolve().parents[2]
    if not (folder / "requirements-image.lock").is_file():
        raise ImageFailed(f"the image is built from a checkout of Trackstack, and {folder} is none; clone it")
    return folder


def _revision() -> str:
    """The checkout's commit; empty where git does not know any."""
    folder = Path(trackstack.__file__).resolve().parents[2]
    if not (folder / ".git").exists() or not shutil.which("git"):
        return ""
    return _call("git", "-C", str(folder), "rev-parse", "HEAD").stdout.decode().strip()


def _created() -> datetime:
    """Now, or what SOURCE_DATE_EPOCH says, for builds that are to be the same again."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)


def _call(*command: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
