"""A group whose commands are a table of names and one-line helps, and whose errors are one line each."""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from trackstack.cli.interrupt import abandoned

Sections = Mapping[str, Mapping[str, str]]


class LazyGroup(click.Group):
    """Imports `trackstack.cli.commands.<name>` when `<name>` is used; its help reads only the table."""

    def __init__(self, *args: Any, sections: Sections, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.sections = sections

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands' names in the table's order."""
        return [name for section in self.sections.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now; None if the table has none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = getattr(import_module(f"trackstack.cli.commands.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As Click does, but a mistyped name is compared with the table."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(
                error.command_name, possibilities=self.list_commands(ctx), ctx=ctx
            ) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, section by section."""
        width = max(map(len, self.list_commands(ctx)))
        for title, commands in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), text) for name, text in commands.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As written, from the margin."""
        formatter.write(f"\n{self.epilog}")

    def main(self, args: Sequence[str] | None = None, *more: Any, **extra: Any) -> Any:
        """Run; every failure is one line (or one JSON document) on stderr and the exit code of its kind."""
        arguments = list(sys.argv[1:] if args is None else args)
        color = False if os.environ.get("NO_COLOR") else None  # None: where it is a terminal
        extra |= {"standalone_mode": False, "color": color}
        try:
            code = super().main(arguments, *more, **extra)
        except (click.ClickException, click.Abort) as error:
            from trackstack.cli.errors import show

            code = show(error, as_json=_wants_json(arguments), color=color)
        code = code if isinstance(code, int) else 0
        if abandoned.is_set():
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        sys.exit(code)


def _wants_json(arguments: Sequence[str]) -> bool:
    """Known even where the arguments could not be parsed."""
    return "--json" in arguments or os.environ.get("TRACKSTACK_JSON", "").lower() in (
        "1",
        "true",
        "yes",
        "on",
    )
