"""A folder of instances: a Pulumi project of ours, found or made."""

import fcntl
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import platformdirs
import yaml

from trackstack.engine.backend import Backend, Checkpoints
from trackstack.engine.folders import Stamp, entries, entry_stamps
from trackstack.engine.project import Project as PulumiProject
from trackstack.engine.settings import StackSettings
from trackstack.engine.stack import Stack
from trackstack.stacks.engines import Engine
from trackstack.stacks.errors import StackError
from trackstack.stacks.spec import NAMESPACE, config_schema

FILE = "Pulumi.yaml"
PROGRAM = "from trackstack.stacks.program import deploy\n\ndeploy()\n"
IGNORED = "# The instances' data.\ninstances/\n"
STATE_IGNORED = "# The stacks' state. Its folder is in git, for the Pulumi CLI makes none.\n*\n!.gitignore\n"
VARIABLE = "TRACKSTACK_PROJECT"
_SETTINGS = re.compile(r"Pulumi\.(.+)\.yaml")


@dataclass(frozen=True)
class Project:
    """A project's folder, to be made or there: Pulumi.yaml, a file for each stack, state, instances."""

    folder: Path
    engine: Engine = "auto"
    """Who does the operations; `auto` goes by the target and by what this machine has (`engines`)."""

    @classmethod
    def find(
        cls,
        folder: Path | None = None,
        environment: Mapping[str, str] = os.environ,
        engine: Engine = "auto",
    ) -> "Project":
        """`folder`, else TRACKSTACK_PROJECT, else the nearest one around, else the user's own.

        Raises StackError where the folder that was asked for holds another Pulumi project.
        """
        asked = folder or environment.get(VARIABLE)
        if asked:
            project = cls(Path(asked).expanduser().absolute(), engine)
            if project.exists() and not project.is_ours:
                name = project.pulumi.name
                raise StackError(
                    f"{project.folder} is the Pulumi project {name!r}; choose another folder with --project"
                )
            return project
        here = Path.cwd()
        around = (cls(each, engine) for each in (here, *here.parents) if not _is_source(each))
        own = cls(platformdirs.user_data_path("trackstack"), engine)
        return next((project for project in around if project.exists() and project.is_ours), own)

    def exists(self) -> bool:
        """Whether it was made."""
        return (self.folder / FILE).is_file()

    @property
    def is_ours(self) -> bool:
        """Whether the Pulumi.yaml that is there is one of this toolkit's."""
        return self.pulumi.name == NAMESPACE

    def make(self) -> None:
        """Make what is missing of it; Pulumi.yaml comes last. Raises OSError."""
        (self.folder / "stacks").mkdir(parents=True, exist_ok=True)
        (self.folder / "state").mkdir(mode=0o700, exist_ok=True)
        files = {
            "stacks/__main__.py": PROGRAM,
            "state/.gitignore": STATE_IGNORED,
            ".gitignore": IGNORED,
            FILE: project_yaml(),
        }
        for name, text in files.items():
            if not (self.folder / name).exists():
                draft = self.folder / f"{name}.new"
                draft.write_text(text, encoding="utf-8")
                draft.replace(self.folder / name)

    @cached_property
    def pulumi(self) -> PulumiProject:
        """Pulumi.yaml. Raises StackError with file and line."""
        return PulumiProject.load(self.folder)

    @cached_property
    def backend(self) -> Backend:
        """Where the states are. Raises StackError."""
        return self.pulumi.backend()

    def stack(self, name: str) -> Stack:
        """The stack of that name, whether it exists or not; to be looked at."""
        return self.backend.stack(NAMESPACE, name)

    def operated(self, name: str, *, by_cli: bool) -> Stack:
        """The stack, operated by either engine. Raises StackError where the Pulumi CLI is missing."""
        if not by_cli:
            return self.stack(name)
        from trackstack.engine.automation import PulumiStack  # imports pulumi

        return PulumiStack(self.stack(name))

    def settings_path(self, stack: str) -> Path:
        """Where the stack's `Pulumi.<stack>.yaml` is."""
        return self.pulumi.settings_path(stack)

    def settings(self, stack: str) -> StackSettings:
        """The stack's `Pulumi.<stack>.yaml`. Raises StackError with file and line."""
        return self.pulumi.settings(stack)

    def data_dir(self, stack: str) -> Path:
        """The folder of everything that the instance keeps."""
        return data_dir(self.folder, stack)

    def stacks(self) -> list[str]:
        """The stacks that have a file or a state, sorted; none where the project was not made yet."""
        if not self.exists():
            return []
        folder = self.settings_path("x").parent
        files = (path.name for path in folder.glob("Pulumi.*.yaml") if path.is_file())
        named = {name.removeprefix("Pulumi.").removesuffix(".yaml") for name in files}
        return sorted(named | set(self.backend.stacks(NAMESPACE)))

    def stamps(self, checkpoints: Checkpoints | None = None) -> dict[str, tuple[Stamp, ...]]:
        """What changes with a stack's file, state and locks, by stack; reads no file.

        `checkpoints` remembers those from one call to the next.
        """
        if not self.exists():
            return {}
        files: dict[str, tuple[Stamp, ...]] = {}
        for entry in entries(self.settings_path("x").parent):
            match = _SETTINGS.fullmatch(entry.name)
            if match and entry.is_file() and (found := entry_stamps(entry)):
                files[match[1]] = found
        return self.backend.stamps(NAMESPACE, files, checkpoints)

    @contextmanager
    def claiming(self) -> Iterator[None]:
        """One process at a time gives out names here; the system frees it from one that is killed."""
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def data_dir(root: Path, stack: str) -> Path:
    """The folder of the instance that is this stack of the project in `root`.

    It is the same however the project is reached, for it is deleted where the state names another one.
    """
    return root.resolve() / "instances" / stack


def project_yaml() -> str:
    """The Pulumi.yaml of every project; the toolkit's own checkout has it too."""
    document: dict[str, Any] = {
        "name": NAMESPACE,
        "description": "Tracking servers, one stack each.",
        "runtime": "python",
        "main": "stacks",
        "backend": {"url": "file://./state"},
        "config": config_schema(),
    }
    return yaml.safe_dump(document, sort_keys=False, width=1000)


def _is_source(folder: Path) -> bool:
    """The toolkit's own checkout has a Pulumi.yaml too, but nobody's instances belong there unasked."""
    return (folder / "src" / NAMESPACE / "__init__.py").is_file()
