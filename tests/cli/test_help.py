"""Every command explains itself, in the terminal and in docs/cli.md alike."""

import pytest
from click.testing import CliRunner
from tests.cli.help_blocks import ALL, COMMANDS, PAGE, help_of, page_with_help

from trackstack.cli.command import Command
from trackstack.cli.main import SECTIONS, cli

SUMMARIES = {name: text for section in SECTIONS.values() for name, text in section.items()}


@pytest.mark.parametrize("name", ALL)
def test_a_command_has_an_example_of_itself(name: str) -> None:
    example = help_of(name).partition("Example")[2]

    assert f"trackstack {name}" in example


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_command_is_summed_up_in_the_table_as_in_its_own_help(name: str) -> None:
    assert (ALL[name].help or "").splitlines()[0] == SUMMARIES[name]


@pytest.mark.parametrize("name", [name for name in ALL if name not in SUMMARIES])
def test_a_command_of_a_group_is_summed_up_in_a_line_that_is_not_cut(name: str) -> None:
    assert f"{(ALL[name].help or '').splitlines()[0]}\n" in help_of(name.rpartition(" ")[0])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_the_common_options(name: str) -> None:
    command = ALL[name]

    assert isinstance(command, Command)
    assert {"project", "json", "quiet", "debug"} <= {parameter.name for parameter in command.params}


@pytest.mark.parametrize("name", ALL)
def test_a_command_and_its_help_are_in_the_documentation(name: str) -> None:
    assert help_of(name) in PAGE.read_text(), "run scripts/docs"


def test_the_documentation_shows_the_help_as_it_is() -> None:
    assert page_with_help() == PAGE.read_text(), "run scripts/docs"


@pytest.mark.parametrize("name", ["", *ALL])
def test_help_fits_a_page_of_110_columns(name: str) -> None:
    assert max(map(len, help_of(name).splitlines())) <= 110


def test_without_a_command_the_help_is_shown_and_the_usage_is_wrong(runner: CliRunner) -> None:
    result = runner.invoke(cli, [], prog_name="trackstack")

    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: trackstack")


def test_a_mistyped_command_is_recognised(runner: CliRunner) -> None:
    result = runner.invoke(cli, ["crate"], prog_name="trackstack")

    assert result.exit_code == 2
    assert (
        result.stderr == "Error: No such command 'crate'. Did you mean 'create'? Try 'trackstack --help'.\n"
    )
    assert result.stdout == ""
