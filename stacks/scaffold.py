"""A project folder ready for git: Pulumi.yaml, the program, an example instance, pipelines, manifests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from trackstack import __version__
from trackstack.stacks.errors import StackError
from trackstack.stacks.instances import read_spec
from trackstack.stacks.project import Project
from trackstack.stacks.spec import NAMESPACE, config_schema
from trackstack.templates import render

PYTHON = "3.11"
PIPELINES = {"github": ".github/workflows/trackstack.yml", "gitlab": ".gitlab-ci.yml"}
EXAMPLE = "demo"


@dataclass(frozen=True)
class Operator:
    """Where the Pulumi Kubernetes Operator finds the folder, and where it keeps the state."""

    repository: str
    backend: str
    branch: str = "main"
    folder: str = "."


@dataclass
class Written:
    """What was made and what was there already, by path in the folder; `advice` is what to look after."""

    folder: Path
    made: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)


def write(
    folder: Path, *, ci: Literal["github", "gitlab"] | None = None, operator: Operator | None = None
) -> Written:
    """Make what is missing of the folder; nothing that is there is changed.

    The operator gets a manifest for each instance on Kubernetes. Raises StackError where the folder holds
    another Pulumi project or cannot be written, naming what stands in the way.
    """
    written = Written(folder)
    project = Project.find(folder, {})
    try:
        _make(project, written)
        if not project.stacks():
            _put(written, f"Pulumi.{EXAMPLE}.yaml", _example("kubernetes" if operator else "local"))
        if ci:
            _put(written, PIPELINES[ci], render(f"gitops/{ci}.yaml", python=PYTHON))
        if operator:
            _manifests(project, operator, written)
    except OSError as error:
        raise StackError(f"{error.filename or folder}: {error.strerror}") from None
    return written


def _make(project: Project, written: Written) -> None:
    ignored = project.folder / ".gitignore"
    if ignored.exists() and "instances/" not in ignored.read_text("utf-8", "replace").splitlines():
        written.advice.append("put instances/ into .gitignore: it holds what must not be in git")
    names = ("Pulumi.yaml", "stacks/__main__.py", "state/.gitignore", ".gitignore")
    there = {name for name in names if (project.folder / name).exists()}
    project.make()
    for name in names:
        (written.kept if name in there else written.made).append(name)
    _put(written, "requirements.txt", f"{NAMESPACE}[kubernetes,postgres,s3]=={__version__}\n")


def _example(target: str) -> str:
    settings = {key: value for key, value in config_schema().items() if key not in ("name", "target")}
    return render("gitops/instance.yaml", name=EXAMPLE, target=target, settings=settings)


def _manifests(project: Project, operator: Operator, written: Written) -> None:
    for stack in project.stacks():
        if read_spec(project, stack).target == "local":
            written.advice.append(
                f"{stack} has no manifest, for it runs on one machine; give it another target"
            )
            continue
        text = render(
            "gitops/operator.yaml",
            resource=_resource(stack),
            stack=stack,
            project=NAMESPACE,
            **vars(operator),
        )
        _put(written, f"operator/{stack}.yaml", text)


def _resource(stack: str) -> str:
    """The stack's name as Kubernetes takes it (RFC 1123)."""
    return re.sub(r"[^a-z0-9]+", "-", stack.lower()).strip("-")[:253]


def _put(written: Written, name: str, text: str) -> None:
    path = written.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        written.kept.append(name)
    else:
        written.made.append(name)
