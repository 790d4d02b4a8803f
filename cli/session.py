"""One call of a command: where the project is, and how to talk: data on stdout, talk on stderr."""

from __future__ import annotations

import json as jsonlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from trackstack.cli.progress import Work
    from trackstack.stacks.project import Project


ENGINE = "trackstack.engine"
"""Where the context keeps the choice of the commands that have one."""


@dataclass
class Session:
    """The common options of a command, and the few ways in which a command speaks."""

    folder: Path | None
    json: bool
    quiet: bool
    debug: bool

    @cached_property
    def project(self) -> Project:
        """The project that the command works on; found when first asked for."""
        from trackstack.stacks.project import Project

        context = click.get_current_context(silent=True)  # a shell that completes has none
        return Project.find(self.folder, engine=context.meta.get(ENGINE, "auto") if context else "auto")

    def existing(self, folder: Path | None = None) -> Project:
        """The project, in `folder` if one is given. Raises Failure where there is none yet."""
        if folder is not None:
            self.folder = folder
        if not self.project.exists():
            from trackstack.cli.errors import Failure

            raise Failure(f"there is no project in {self.project.folder}; `{self.program} init` makes one")
        return self.project

    @property
    def program(self) -> str:
        """How the user called us, for hints that can be pasted."""
        return click.get_current_context().find_root().info_name or "trackstack"

    def say(self, text: str = "") -> None:
        """Talk to the person in front of the terminal."""
        if not (self.quiet or self.json):
            click.echo(text, err=True)

    def data(self, text: str) -> None:
        """Give what was asked for."""
        click.echo(text)

    def document(self, value: dict[str, Any]) -> None:
        """Give the one JSON document."""
        click.echo(jsonlib.dumps(value, indent=2, ensure_ascii=False))

    def work(self, title: str) -> Work:
        """Show an operation while it runs: a context manager that takes its events and handles Ctrl-C."""
        from trackstack.cli.progress import Work

        return Work(title, silent=self.quiet or self.json)
