"""`trackstack estimate`: sums of a dated table, and what has no price."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.components.test_aws import MINIMAL

from trackstack.cli.main import cli
from trackstack.stacks import operations
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec


@pytest.fixture
def project(home: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "correct horse")
    monkeypatch.delenv("AWS_REGION", raising=False)
    return Project(home / "project")


def estimated(runner: CliRunner, project: Project, *options: str) -> dict[str, Any]:
    words = ["estimate", "demo", "--project", str(project.folder), "--json", *options]
    result = runner.invoke(cli, words, prog_name="trackstack")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_an_estimate_is_the_sum_of_its_items_and_says_its_date(runner: CliRunner, project: Project) -> None:
    operations.declare(project, InstanceSpec(name="demo", target="aws", aws=MINIMAL))

    found = estimated(runner, project, "--region", "us-east-1", "--artifacts-gb", "100")

    months = {item["name"]: round(item["month"], 2) for item in found["items"]}
    assert months == {"database": 11.68, "database storage": 2.3, "bucket": 2.3, "secrets": 0.8}
    assert found["month"] == 17.08
    assert found["estimate"] is True and found["date"] == "2026-06-01" and found["currency"] == "USD"


def test_a_large_one_has_its_second_zone_in_it(runner: CliRunner, project: Project) -> None:
    large = InstanceSpec(name="demo", target="aws", aws=MINIMAL, kubernetes={"size": "large"})
    operations.declare(project, large)

    found = estimated(runner, project, "--region", "us-east-1")

    assert found["items"][0]["quantity"] == "2 x db.m7g.large"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({}, "Error: demo is on the target local: only aws has prices to estimate with"),
        (
            {"target": "aws", "aws": {**MINIMAL, "database": {"instance_class": "db.x9.huge"}}},
            "Error: there is no price of db.x9.huge",
        ),
    ],
)
def test_what_has_no_price_is_one_line(
    spec: dict[str, Any], said: str, runner: CliRunner, project: Project
) -> None:
    operations.declare(project, InstanceSpec(name="demo", **spec))

    words = ["estimate", "demo", "--project", str(project.folder), "--region", "us-east-1"]
    result = runner.invoke(cli, words, prog_name="trackstack")

    assert result.exit_code == 1 and result.stdout == ""
    assert result.stderr.startswith(said) and result.stderr.count("\n") == 1
