"""The help texts in docs/cli.md: as the commands print them. Run it (`scripts/docs`) to write them anew."""

import re
from pathlib import Path

from click.testing import CliRunner

from trackstack.cli.main import SECTIONS, cli

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
COMMANDS = [name for section in SECTIONS.values() for name in section]


def help_of(command: str) -> str:
    """What `trackstack COMMAND --help` prints on a terminal of 80 columns; "" is the program itself."""
    arguments = [*command.split(), "--help"]
    return CliRunner().invoke(cli, arguments, prog_name="trackstack", terminal_width=80).output


def page_with_help() -> str:
    """The page, every block below a `<!-- help COMMAND -->` filled in."""

    def filled(found: re.Match[str]) -> str:
        return f"{found[1]}```text\n{help_of(found[2])}```"

    return re.sub(r"(<!-- help ?([a-z]*) -->\n)```text\n.*?```", filled, PAGE.read_text(), flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(page_with_help())
