"""Where a provider's plugin is, looked for as the Pulumi CLI does (sdk/go/common/workspace/plugins.go).

1. PULUMI_DEBUG_PROVIDERS: a provider that runs already (`aws:12345,gcp:678`).
2. `plugins: providers:` of Pulumi.yaml: a folder with `pulumi-resource-<name>`, or with a PulumiPlugin.yaml.
3. `pulumi-resource-<name>` on PATH, unless PULUMI_IGNORE_AMBIENT_PLUGINS is set.
4. `$PULUMI_HOME/plugins/resource-<name>-v<version>/`, the version asked for, else the newest that fits.

The CLI downloads what it does not find, this engine does not.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trackstack.engine import documents
from trackstack.engine.errors import ConfigError, UnsupportedError
from trackstack.engine.project import FILE_NAMES, Project

_INSTALLED = re.compile(r"v(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?(?:\+.*)?")
_MANIFESTS = ("PulumiPlugin.yaml", "PulumiPlugin.yml")


@dataclass(frozen=True, slots=True)
class Attached:
    """A provider that serves on a loopback port already."""

    port: int


@dataclass(frozen=True, slots=True)
class Executable:
    """A program that serves the provider; the engine's address is its last argument."""

    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A semantic version; a pre-release is older than its release."""

    numbers: tuple[int, int, int]
    stable: bool
    prerelease: str

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """None if the text is no version; a leading `v` may be missing."""
        match = _INSTALLED.fullmatch(text if text.startswith("v") else f"v{text}")
        if match is None:
            return None
        major, minor, patch = (int(number) for number in match.groups()[:3])
        return cls((major, minor, patch), not match[4], match[4] or "")


def find_plugin(
    package: str, version: str, root: Path, environment: Mapping[str, str] = os.environ
) -> Attached | Executable:
    """The plugin of a package for the project at `root`; `version` may be empty.

    Raises UnsupportedError naming package and version when there is none here, ConfigError for a wrong
    setting.
    """
    port = attached_port(package, environment)
    if port is not None:
        return Attached(port)
    name = f"pulumi-resource-{package}"
    declared = _declared(package, root)
    if declared is not None:
        return _in_folder(declared, name)
    ambient = None if environment.get("PULUMI_IGNORE_AMBIENT_PLUGINS") else shutil.which(name)
    if ambient is not None:
        return Executable((ambient,))
    home = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    folder = newest(home / "plugins", package, version)
    if folder is None:
        wanted = f" {version}" if version else ""
        raise UnsupportedError(
            "downloading provider plugins",
            f"no {name}{wanted} in Pulumi.yaml, on PATH or in {home / 'plugins'}",
        )
    return _in_folder(folder, name)


def attached_port(package: str, environment: Mapping[str, str]) -> int | None:
    """The package's port in PULUMI_DEBUG_PROVIDERS. Raises ConfigError if it is no number."""
    for entry in environment.get("PULUMI_DEBUG_PROVIDERS", "").split(","):
        name, _, port = entry.partition(":")
        if name == package and port:
            if not port.isdecimal():
                raise ConfigError(f"PULUMI_DEBUG_PROVIDERS: {port!r} is no port number, give {package}:PORT")
            return int(port)
    return None


def newest(folder: Path, package: str, version: str) -> Path | None:
    """The installed plugin of exactly that version; else the newest of its major version that is not older.

    Without a version the newest stable one, pre-releases only if there is nothing else.
    """
    prefix = f"resource-{package}-"
    if not folder.is_dir():
        return None
    installed = {
        parsed: path
        for path in folder.iterdir()
        if path.name.startswith(prefix) and (parsed := Version.parse(path.name.removeprefix(prefix)))
        if path.is_dir() and not path.with_name(path.name + ".partial").exists()
    }
    wanted = Version.parse(version) if version else None
    if wanted is not None:
        if wanted in installed:
            return installed[wanted]
        installed = {
            found: path
            for found, path in installed.items()
            if found >= wanted and found.numbers[0] == wanted.numbers[0]
        }
    best = max(installed, key=lambda found: (found.stable, found), default=None)
    return None if best is None else installed[best]


def _declared(package: str, root: Path) -> Path | None:
    if not any((root / name).is_file() for name in FILE_NAMES):
        return None
    return Project.load(root).plugins.get(package)


def _in_folder(folder: Path, name: str) -> Executable:
    program = folder / name
    if os.access(program, os.X_OK) and program.is_file():
        return Executable((str(program),))
    for manifest in (folder / known for known in _MANIFESTS):
        if manifest.is_file():
            return Executable((_interpreter(manifest), str(folder)))
    raise ConfigError(f"{folder} holds neither {name} nor {_MANIFESTS[0]}")


def _interpreter(manifest: Path) -> str:
    """The Python that runs the plugin: its own virtual environment's, else the one that runs us."""
    runtime = documents.read(manifest.read_text("utf-8"), manifest).get("runtime")
    name = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    if name != "python":
        raise UnsupportedError(f"a provider plugin of runtime {name!r}", str(manifest))
    options = runtime.get("options") if isinstance(runtime, Mapping) else None
    environment = options.get("virtualenv") if isinstance(options, Mapping) else None
    if not environment:
        return sys.executable
    return str(manifest.parent / environment / "bin" / "python")
