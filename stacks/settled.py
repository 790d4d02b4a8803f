"""What need not be planned again to know that the program would change nothing.

A program is a function of its code, the project's folder, `Pulumi.yaml`, the stack's file and its state, and
in a cluster of the few variables that pulumi-kubernetes reads: nothing else. Once a whole preview found
nothing to do, the next one finds nothing either as long as all of those are the same, byte for byte, and the
refresh, which is done each time, finds the world as the state has it. Of target aws, whose SDK reads much
more, every instance is always planned.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from secrets import token_hex

from trackstack.engine.checkpoint import deployment_json, encrypter
from trackstack.engine.snapshot import Snapshot
from trackstack.stacks.engines import by_cli
from trackstack.stacks.instances import read_spec
from trackstack.stacks.project import FILE, Project

_ROOMS = ("components", "engine", "providers", "stacks")
_FILE = "settled.json"
_PACKAGES = ("pulumi", "pulumi-kubernetes", "trackstack")
_READ: dict[str, tuple[str, ...]] = {"local": (), "kubernetes": ("KUBECONFIG", "PULUMI_K8S_")}
"""The variables that a target's SDK reads, by their beginnings."""


class Settled:
    """The marks of the stacks whose last whole preview found nothing to do; kept beside the states.

    A lost or damaged file only costs the previews.
    """

    def __init__(self, project: Project) -> None:
        self._path = project.backend.folder / ".trackstack" / _FILE

    def load(self) -> dict[str, str]:
        """A mark by stack."""
        with suppress(OSError, ValueError):
            marks = json.loads(self._path.read_bytes())
            if isinstance(marks, dict):
                return marks
        return {}

    def save(self, marks: Mapping[str, str]) -> None:
        """Put these in place of all there are; not where nothing can be written, for it is no loss."""
        draft = self._path.with_name(f"{_FILE}.{token_hex(4)}")
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(dict(marks)), encoding="utf-8")
            draft.replace(self._path)


def mark(project: Project, stack: str, snapshot: Snapshot) -> str:
    """Another text whenever the program could declare something else; empty where that cannot be told.

    `snapshot` is the stack's state. Raises StackError for files that cannot be read.
    """
    target = read_spec(project, stack).target
    if target not in _READ or by_cli(project.engine, target, project.folder):
        return ""
    files = (project.folder / FILE, project.settings_path(stack))
    deployment, _ = deployment_json(snapshot, encrypter(None))
    deployment.pop("manifest", None)  # when it was written, and by what
    state = json.dumps(deployment, sort_keys=True).encode()
    read = json.dumps(sorted(each for each in os.environ.items() if each[0].startswith(_READ[target])))
    where = f"{project.folder.resolve()} {read}".encode()
    parts = (_program(), where, *map(Path.read_bytes, files), state)
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _version(package: str) -> str:
    """Empty where it is not installed: no program that was run needs it."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


@cache
def _program() -> bytes:
    """Everything that is run: the rooms' code, the SDK, the interpreter."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(" ".join((sys.executable, sys.version, *map(_version, _PACKAGES))).encode())
    for room in _ROOMS:
        for path in sorted((package / room).rglob("*.py")):
            digest.update(f"{path.relative_to(package)}\n".encode() + path.read_bytes())
    return digest.digest()
