"""`init`: what it writes is what its readers take, and nothing that is there is touched."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from trackstack import __version__
from trackstack.cli.main import cli
from trackstack.engine.settings import as_text
from trackstack.stacks.instances import read_spec
from trackstack.stacks.project import Project, project_yaml
from trackstack.stacks.spec import InstanceSpec
from trackstack.templates import render

TEXT = {"type": "string", "minLength": 1}
FLAG = {"type": "boolean"}
SECRET = {
    "type": "object",
    "required": ["name", "key"],
    "properties": {"name": TEXT, "key": TEXT, "namespace": TEXT},
    "additionalProperties": False,
}
STACK: dict[str, Any] = {
    "type": "object",
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "additionalProperties": False,
    "properties": {
        "apiVersion": {"const": "pulumi.com/v1"},
        "kind": {"const": "Stack"},
        "metadata": {
            "type": "object",
            "properties": {"name": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}},
        },
        "spec": {
            "type": "object",
            "required": ["stack"],
            "additionalProperties": False,
            "properties": {
                **{
                    key: TEXT
                    for key in ("stack", "backend", "projectRepo", "branch", "repoDir", "serviceAccountName")
                },
                **{key: FLAG for key in ("refresh", "continueResyncOnCommitMatch", "destroyOnFinalize")},
                "resyncFrequencySeconds": {"type": "integer", "minimum": 60},
                "envRefs": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "required": ["type"],
                        "properties": {
                            "type": {"enum": ["Env", "FS", "Secret", "Literal"]},
                            "secret": SECRET,
                        },
                        "additionalProperties": False,
                    },
                },
            },
        },
    },
}
"""The fields of the operator's CRD (pulumi.com/v1, v2 of the operator) that a manifest may have here."""

NAMED = {"trackstack:name": "demo"}
HOSTILE = ['"', "'", "a: b", "{{ x }}", "[[ x ]]", "new\nline", "${{ github }}", "#", "- x", "\\", "ü"]


@pytest.fixture
def folder(home: Path) -> Path:
    """Where the project is to be."""
    return home / "fleet"


def init(runner: CliRunner, folder: Path, *arguments: str) -> Result:
    return runner.invoke(cli, ["init", str(folder), *arguments], prog_name="trackstack")


def accepted(path: Path, *schema: str) -> subprocess.CompletedProcess[str]:
    """What the vendor's schema says of the file."""
    line = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, str(path)]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_a_folder_with_an_example_that_can_be_applied_at_once(runner: CliRunner, folder: Path) -> None:
    result = init(runner, folder)

    assert result.exit_code == 0, result.stderr
    project = Project(folder)
    assert (folder / "Pulumi.yaml").read_text() == project_yaml()
    assert (folder / "requirements.txt").read_text() == f"trackstack[kubernetes,postgres,s3]=={__version__}\n"
    assert read_spec(project, "demo") == InstanceSpec(name="demo")
    assert runner.invoke(cli, ["apply", "-f", str(folder), "--dry-run"]).exit_code == 4


def test_git_takes_what_was_written_and_nothing_of_state_and_data(runner: CliRunner, folder: Path) -> None:
    init(runner, folder)
    written = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    for secret in ("state/.pulumi/stacks/trackstack/demo.json", "instances/demo/admin-token"):
        (folder / secret).parent.mkdir(parents=True)
        (folder / secret).write_text("secret")

    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "add", "--all"], check=True)
    taken = subprocess.run(["git", "-C", str(folder), "ls-files"], capture_output=True, text=True, check=True)

    assert sorted(taken.stdout.split()) == written


def test_the_example_explains_every_setting(runner: CliRunner, folder: Path) -> None:
    init(runner, folder)
    text = (folder / "Pulumi.demo.yaml").read_text()

    assert all(f"trackstack:{name}:" in text for name in InstanceSpec.model_fields)
    explained = [line.removeprefix("#") for line in text.splitlines() if line.startswith("#  trackstack:")]
    config = yaml.safe_load("config:\n" + "\n".join(explained))["config"]
    assert InstanceSpec.from_config({key: as_text(value) for key, value in config.items()} | NAMED)


def test_a_second_time_nothing_changes(runner: CliRunner, folder: Path) -> None:
    init(runner, folder, "--ci", "github")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    result = init(runner, folder, "--ci", "github", "--json")

    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert json.loads(result.stdout)["made"] == []


def test_what_the_user_wrote_stays_and_what_git_would_take_is_said(runner: CliRunner, folder: Path) -> None:
    folder.mkdir()
    (folder / ".gitignore").write_text("*.tmp\n")
    (folder / "requirements.txt").write_text("trackstack\n")

    result = init(runner, folder)

    assert (folder / ".gitignore").read_text() == "*.tmp\n"
    assert (folder / "requirements.txt").read_text() == "trackstack\n"
    assert "! put instances/ into .gitignore" in result.stderr


def test_another_pulumi_project_is_left_alone(runner: CliRunner, folder: Path) -> None:
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: go\n")

    result = init(runner, folder)

    assert result.exit_code == 1 and "is the Pulumi project 'shop'" in result.stderr
    assert [path.name for path in folder.iterdir()] == ["Pulumi.yaml"]


def test_the_github_workflow_is_one_by_the_vendors_schema(runner: CliRunner, folder: Path) -> None:
    init(runner, folder, "--ci", "github")
    path = folder / ".github" / "workflows" / "trackstack.yml"
    checked = accepted(path, "vendor.github-workflows")

    assert checked.returncode == 0, checked.stdout
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {}
    jobs = workflow["jobs"]
    assert jobs["plan"]["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert jobs["apply"]["permissions"] == {"contents": "read"}
    actions = [step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step]
    assert actions and all(len(action.partition("@")[2]) == 40 for action in actions)
    scripts = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert not any("${{" in script for script in scripts)  # nothing of an event becomes code


def test_the_gitlab_pipeline_is_one_by_the_vendors_schema(runner: CliRunner, folder: Path) -> None:
    init(runner, folder, "--ci", "gitlab")
    checked = accepted(folder / ".gitlab-ci.yml", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")

    assert checked.returncode == 0, checked.stdout
    jobs = yaml.safe_load((folder / ".gitlab-ci.yml").read_text())
    assert jobs["plan"]["artifacts"]["paths"] == ["plan.txt"]
    assert jobs["apply"]["resource_group"] and not jobs["apply"]["interruptible"]


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (4, 0), (1, 1), (2, 1), (3, 1)])
@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_a_plan_with_changes_passes_and_one_that_fails_does_not(
    tmp_path: Path, system: str, code: int, ends: int
) -> None:
    jobs = yaml.safe_load(render(f"gitops/{system}.yaml", python="3.11"))
    if system == "github":
        [script] = [step["run"] for step in jobs["jobs"]["plan"]["steps"] if step.get("id") == "plan"]
    else:
        script = "\n".join(jobs["plan"]["script"])
    command = tmp_path / ".venv" / "bin" / "trackstack"
    command.parent.mkdir(parents=True)
    command.write_text(f"#!/bin/sh\necho '+ a: create'; echo 'Plan: 1' >&2; exit {code}\n")
    command.chmod(0o755)
    environment = {
        "PATH": f"{command.parent}:/usr/bin:/bin",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }

    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == ends
    assert "+ a: create" in done.stdout and "Plan: 1" in done.stdout


def test_each_instance_on_kubernetes_has_a_manifest_for_the_operator(runner: CliRunner, folder: Path) -> None:
    project = Project(folder)
    project.make()
    for name, target in (("Team_A", "kubernetes"), ("b", "local")):
        project.settings_path(name).write_text(
            f"config:\n  trackstack:name: {name}\n  trackstack:target: {target}\n"
        )

    result = init(
        runner,
        folder,
        "--operator",
        "--repository",
        "https://git.example.com/ml/fleet",
        "--backend",
        "s3://states",
    )

    assert result.exit_code == 0
    assert [path.name for path in (folder / "operator").iterdir()] == ["Team_A.yaml"]
    assert "! b has no manifest, for it runs on one machine" in result.stderr
    manifest = yaml.safe_load((folder / "operator" / "Team_A.yaml").read_text())
    Draft202012Validator(STACK).validate(manifest)
    assert manifest["metadata"]["name"] == "team-a"
    assert manifest["spec"]["stack"] == "organization/trackstack/Team_A"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_value_breaks_out_of_a_manifest(text: str) -> None:
    names = ("resource", "stack", "project", "repository", "backend", "branch", "folder")
    values = dict.fromkeys(names, text) | {"stack": "x", "project": "y"}

    spec = yaml.safe_load(render("gitops/operator.yaml", **values))["spec"]

    assert spec["projectRepo"] == spec["backend"] == spec["branch"] == spec["repoDir"] == text


@pytest.mark.parametrize("text", HOSTILE)
def test_no_value_breaks_out_of_an_instances_file(text: str) -> None:
    settings = {"labels": {"description": "Words.", "default": {text: text}}}

    document = yaml.safe_load(render("gitops/instance.yaml", name=text, target=text, settings=settings))

    assert document == {"config": {"trackstack:name": text, "trackstack:target": text}}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--operator",), "--operator needs --repository and --backend."),
        (("--backend", "s3://x"), "--repository and --backend go with --operator."),
        (("--ci", "jenkins"), "'jenkins' is not one of 'github', 'gitlab'."),
    ],
)
def test_options_that_make_no_sense_write_nothing(
    runner: CliRunner, folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = init(runner, folder, *arguments)

    assert result.exit_code == 2 and message in result.stderr
    assert not folder.exists()
