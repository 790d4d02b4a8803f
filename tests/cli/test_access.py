"""`trackstack access`: the tokens of the control plane."""

import json
from pathlib import Path

from click.testing import CliRunner

from trackstack.cli.main import cli

PROJECT = "792ff0e7-be72-4135-91fa-74adab5cec76"


def run(runner: CliRunner, folder: Path, *arguments: str, code: int = 0) -> str:
    result = runner.invoke(cli, ["access", *arguments, "--project", str(folder)], prog_name="trackstack")
    assert result.exit_code == code, result.stderr
    return result.stderr if code else result.stdout


def test_a_token_is_made_listed_and_revoked(runner: CliRunner, tmp_path: Path) -> None:
    assert json.loads(run(runner, tmp_path, "list", "--json")) == {"tokens": []}

    made = json.loads(
        run(runner, tmp_path, "create", "--project-id", PROJECT.upper(), "--role", "editor", "--json")
    )
    token = made["token"]
    content = token.pop("content")
    assert (token["project"], token["role"], token["state"]) == (PROJECT, "editor", "active")
    assert content.split(".")[1] == token["id"]
    assert json.loads(run(runner, tmp_path, "list", "--json")) == {"tokens": [token]}
    assert token["id"] in run(runner, tmp_path, "list")

    run(runner, tmp_path, "revoke", token["id"])
    assert json.loads(run(runner, tmp_path, "list", "--json")) == {"tokens": []}
    assert "no access token" in run(runner, tmp_path, "revoke", token["id"], code=1)


def test_only_the_token_is_data(runner: CliRunner, tmp_path: Path) -> None:
    out = run(runner, tmp_path, "create", "--project-id", "*")

    assert out.count("\n") == 1 and out.startswith("tsk1.")


def test_what_cannot_be_is_wrong_usage(runner: CliRunner, tmp_path: Path) -> None:
    assert "'x' is no UUID" in run(runner, tmp_path, "create", "--project-id", "x", code=2)
    assert "'soon' is not a duration" in run(
        runner, tmp_path, "create", "--project-id", "*", "--ttl", "soon", code=2
    )
    assert "366 days at most" in run(runner, tmp_path, "create", "--project-id", "*", "--ttl", "400d", code=1)
