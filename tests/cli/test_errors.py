"""Failures: one line, one exit code, one JSON document."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from trackstack.cli.errors import translate
from trackstack.cli.exits import Exit
from trackstack.cli.main import cli
from trackstack.stacks import errors

MISSING = "there is no instance 'demi' in {project}; `trackstack list` shows those there are"


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (errors.Locked("by eve"), "locked", Exit.LOCKED),
        (errors.InvalidSpec("retention"), "invalid", Exit.USAGE),
        (errors.InstanceExists("demo"), "exists", Exit.FAILED),
        (errors.InstanceNotFound("demo"), "not_found", Exit.FAILED),
        (errors.TokenNotFound("demo"), "not_found", Exit.FAILED),
        (errors.Cancelled("stopped"), "cancelled", Exit.FAILED),
        (errors.WrongPassphrase("wrong"), "failed", Exit.FAILED),
        (errors.StackError("broken"), "failed", Exit.FAILED),
        (RuntimeError("our mistake"), "unexpected", Exit.FAILED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_error_has_its_name_and_exit_code(error: Exception, kind: str, code: Exit) -> None:
    failure = translate(error)

    assert (failure.kind, failure.code) == (kind, code)


def test_a_failed_resource_is_called_by_its_name() -> None:
    error = errors.ResourceFailed(
        "urn:pulumi:s::p::t::server", "creating urn:pulumi:s::p::t::server: no room"
    )

    assert str(translate(error)) == "creating server: no room"


def test_what_the_system_refuses_is_said_with_the_path() -> None:
    assert (
        str(translate(NotADirectoryError(20, "Not a directory", "/dev/null/x")))
        == "/dev/null/x: Not a directory"
    )


def test_a_failure_is_one_line_whatever_its_text() -> None:
    assert str(translate(errors.StackError("one\n  two"))) == "one two"


def test_an_error_is_a_line_on_stderr_and_nothing_on_stdout(runner: CliRunner, home: Path) -> None:
    result = runner.invoke(cli, ["show", "demi", "--project", str(home)])

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == f"Error: {MISSING.format(project=home)}\n"


@pytest.mark.parametrize("settings", [{}, {"TRACKSTACK_JSON": "1"}], ids=["flag", "environment"])
def test_an_error_is_a_document_where_one_was_asked_for(
    settings: dict[str, str], runner: CliRunner, home: Path
) -> None:
    flag = [] if settings else ["--json"]
    result = runner.invoke(cli, ["show", "demi", "--project", str(home), *flag], env=settings)

    assert result.stdout == ""
    message = MISSING.format(project=home)
    assert json.loads(result.stderr) == {"error": {"kind": "not_found", "message": message}}


def test_wrong_usage_is_a_document_too(runner: CliRunner) -> None:
    result = runner.invoke(cli, ["show", "--json"], prog_name="trackstack")

    assert result.exit_code == 2
    message = "Missing argument 'NAME'. Try 'trackstack show --help'."
    assert json.loads(result.stderr) == {"error": {"kind": "usage", "message": message}}


@pytest.mark.parametrize("debug", [False, True])
def test_a_traceback_is_only_shown_where_it_is_asked_for(
    debug: bool, runner: CliRunner, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("our mistake")

    monkeypatch.setattr("trackstack.stacks.instances.show", fail)
    result = runner.invoke(cli, ["show", "demo", *(["--debug"] if debug else [])])

    assert result.exit_code == 1
    assert ("Traceback" in result.stderr) is debug
    line = "Error: Unexpected RuntimeError: our mistake; --debug shows where, please report it\n"
    assert result.stderr.endswith(line)


def test_an_abandoned_question_changes_nothing() -> None:
    from trackstack.cli.errors import show

    assert show(click.Abort(), as_json=False) == Exit.FAILED
