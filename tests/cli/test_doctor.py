"""What the doctor finds on machines of different health."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trackstack.cli.main import cli


def found(result: Result, name: str) -> dict[str, str]:
    """The check of that name."""
    checks: list[dict[str, str]] = json.loads(result.stdout)["checks"]
    return next(check for check in checks if check["name"] == name)


def test_a_new_machine_is_fit(runner: CliRunner) -> None:
    result = runner.invoke(cli, ["doctor"])

    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == f"ok    python            {sys.version.split()[0]}"
    assert result.stderr == ""


def test_a_check_that_does_not_pass_has_a_remedy(runner: CliRunner) -> None:
    checks = json.loads(runner.invoke(cli, ["doctor", "--json"], env={"PATH": ""}).stdout)["checks"]

    assert "pulumi" in [check["name"] for check in checks if check["state"] == "warn"]
    assert all(check["remedy"] for check in checks if check["state"] != "ok")


def test_a_file_in_place_of_the_project_fails(runner: CliRunner, home: Path) -> None:
    (home / "file").touch()

    result = runner.invoke(cli, ["doctor", "--json", "--project", str(home / "file" / "project")])

    assert result.exit_code == 1
    assert found(result, "project")["state"] == "fail"
    assert str(home / "file") in found(result, "project")["found"]


def test_another_pulumi_project_fails(runner: CliRunner, home: Path) -> None:
    (home / "Pulumi.yaml").write_text("name: other\nruntime: python\n")

    result = runner.invoke(cli, ["doctor", "--json", "--project", str(home)])

    assert result.exit_code == 1
    assert "'other'" in found(result, "project")["found"]


@pytest.mark.parametrize(
    ("settings", "state"),
    [
        ({"PULUMI_CONFIG_PASSPHRASE": "sesame"}, "ok"),
        ({"PULUMI_CONFIG_PASSPHRASE": ""}, "warn"),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "/nowhere"}, "fail"),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": __file__}, "ok"),
        ({}, "ok"),
    ],
    ids=["set", "empty", "missing file", "file", "own"],
)
def test_the_passphrase_is_looked_for_where_it_will_be(
    settings: dict[str, str], state: str, runner: CliRunner
) -> None:
    result = runner.invoke(cli, ["doctor", "--json"], env=settings)

    assert found(result, "passphrase")["state"] == state
    assert "sesame" not in result.stdout


def test_a_passphrase_that_others_can_read_is_a_warning(runner: CliRunner, home: Path) -> None:
    file = home / "config" / "trackstack" / "passphrase"
    file.parent.mkdir(parents=True)
    file.write_text("secret")
    file.chmod(0o644)

    assert found(runner.invoke(cli, ["doctor", "--json"]), "passphrase")["remedy"] == f"chmod 600 {file}"


def test_quiet_says_only_what_fails(runner: CliRunner) -> None:
    assert runner.invoke(cli, ["doctor", "--quiet"]).output == ""
