"""The help texts in docs/cli.md: as the commands print them. Run it (`scripts/docs`) to write them anew."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner

from trackstack.cli.main import cli

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
CONTEXT = cli.make_context("trackstack", [], resilient_parsing=True)


def _walk(group: click.Group, *words: str) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(CONTEXT):
        command = group.get_command(CONTEXT, name)
        assert command is not None
        yield " ".join((*words, name)), command
        if isinstance(command, click.Group):
            yield from _walk(command, *words, name)


ALL = dict(_walk(cli))
"""Every command and group below the program, by its words: `create`, `token`, `token create`, …"""
COMMANDS = [words for words, command in ALL.items() if not isinstance(command, click.Group)]


def help_of(command: str) -> str:
    """What `trackstack COMMAND --help` prints on a terminal of 80 columns; "" is the program itself."""
    arguments = [*command.split(), "--help"]
    return CliRunner().invoke(cli, arguments, prog_name="trackstack", terminal_width=80).output


def page_with_help() -> str:
    """The page, every block below a `<!-- help COMMAND -->` filled in."""

    def filled(found: re.Match[str]) -> str:
        return f"{found[1]}```text\n{help_of(found[2])}```"

    return re.sub(r"(<!-- help ?([a-z ]*) -->\n)```text\n.*?```", filled, PAGE.read_text(), flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(page_with_help())
