"""`trackstack token`: what is refused before anything is asked of a server."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from trackstack.cli.main import cli


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["rotate", "demo"], "Give either a TOKEN_ID or --admin. Try 'trackstack token rotate --help'."),
        (["rotate", "demo", "x", "--admin"], "Give either a TOKEN_ID or --admin."),
        (["rotate", "demo", "--admin", "--ttl", "1h"], "--admin takes no --overlap and no --ttl."),
        (["revoke", "demo"], "Missing argument 'TOKEN_ID'."),
        (["create", "demo", "--scope", "root"], "Invalid value for '--scope': 'root' is not one of"),
        (["create", "demo", "--label", "team"], "Invalid value for '--label': 'team' is no label"),
        (["craete", "demo"], "No such command 'craete'."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_one_line(arguments: list[str], line: str, runner: CliRunner) -> None:
    result = runner.invoke(cli, ["token", *arguments], prog_name="trackstack")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"Error: {line}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["create"], ["list"], ["rotate", "--admin"], ["rotate", "x"], ["revoke", "x"]], ids=" ".join
)
def test_an_instance_that_is_not_there_is_named(arguments: list[str], runner: CliRunner, home: Path) -> None:
    words = [arguments[0], "demi", *arguments[1:]]

    result = runner.invoke(cli, ["token", *words, "--project", str(home)])

    assert result.exit_code == 1
    assert "Error: there is no instance 'demi'" in result.stderr
