"""`apply` and `diff` as a person and a pipeline meet them; the instances do not run, so all is quick."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trackstack.cli.main import cli
from trackstack.stacks import instances, operations
from trackstack.stacks.project import Project

Run = Callable[..., Result]


@pytest.fixture
def project(home: Path) -> Iterator[Project]:
    """An empty project; its instances are deleted."""
    made = Project(home / "fleet")
    made.make()
    yield made
    for each in instances.list_instances(made):
        if made.stack(each.stack).exists():
            operations.delete(made, each.stack)


@pytest.fixture
def run(runner: CliRunner, project: Project) -> Run:
    """`trackstack COMMAND … --project fleet`."""

    def run(command: str, *arguments: str, text: str = "") -> Result:
        line = [command, *arguments, "--project", str(project.folder)]
        return runner.invoke(cli, line, text, prog_name="trackstack")

    return run


def declare(project: Project, *names: str, **settings: str) -> None:
    """Write the files of instances that do not run."""
    for name in names:
        lines = {"name": name, "running": "false", **settings}
        text = "".join(f"  trackstack:{key}: {value}\n" for key, value in lines.items())
        project.settings_path(name).write_text(f"config:\n{text}")


def test_files_become_instances_and_a_second_time_nothing_changes(run: Run, project: Project) -> None:
    declare(project, "a", "b")

    first, again = run("apply"), run("apply")

    assert first.exit_code == again.exit_code == 0
    assert [(line.split()[0], line.split()[1]) for line in first.stdout.splitlines()[2:]] == [
        ("NAME", "RESULT"),
        ("a", "created"),
        ("b", "created"),
    ]
    assert first.stderr.endswith("Applied: 2 created\n")
    assert again.stdout == "" and again.stderr.endswith("Applied: 2 unchanged\n")
    assert [each.state for each in instances.list_instances(project)] == ["stopped", "stopped"]


def test_a_dry_run_shows_the_plan_and_changes_nothing(run: Run, project: Project) -> None:
    declare(project, "a")
    run("apply")
    declare(project, "a", retention="7d")
    declare(project, "b")
    before = project.stamps()

    result = run("apply", "--dry-run")

    assert result.exit_code == 4
    assert result.stdout == (
        "~ a: update\n  ~ RetentionSchedule a-retention-schedule\n      retention: 30d → 7d\n+ b: create\n"
    )
    assert result.stderr == "Planning\nPlan: 1 to create, 1 to update\n"
    assert project.stamps() == before


def test_a_dry_run_where_all_is_as_it_should_be_ends_with_0(run: Run, project: Project) -> None:
    declare(project, "a")
    run("apply")

    assert run("apply", "--dry-run").exit_code == 0


def test_the_plan_as_json_has_every_instance_and_its_steps(run: Run, project: Project) -> None:
    declare(project, "a", "b")
    run("apply")
    declare(project, "a", retention="7d")
    project.settings_path("b").unlink()

    plan = json.loads(run("apply", "--dry-run", "--json").stdout)

    [a] = plan["instances"]
    assert (a["stack"], a["op"], a["error"], a["changes"]["update"]) == ("a", "update", "", 1)
    assert plan["surplus"] == ["b"]


def test_without_prune_what_has_no_file_is_left_alone_and_named(run: Run, project: Project) -> None:
    declare(project, "a", "b")
    run("apply")
    project.settings_path("b").unlink()

    result = run("apply")

    assert result.exit_code == 0
    assert "Left alone, though its file is gone (--prune deletes): b\n" in result.stderr
    assert project.stack("b").exists() and project.data_dir("b").exists()


def test_pruning_names_what_will_be_lost_and_needs_a_yes(run: Run, project: Project) -> None:
    declare(project, "a", "b")
    run("apply")
    project.settings_path("b").unlink()

    refused = run("apply", "--prune")

    assert refused.exit_code == 2
    assert "b: all data will be lost" in refused.stderr and "--yes" in refused.stderr
    assert project.data_dir("b").exists()

    pruned = run("apply", "--prune", "--yes")

    assert pruned.exit_code == 0 and pruned.stderr.endswith("Applied: 1 deleted, 1 unchanged\n")
    assert project.stacks() == ["a"] and not project.data_dir("b").exists()


def test_one_that_fails_stops_no_other(run: Run, project: Project) -> None:
    declare(project, "a", "c")
    declare(project, "b", retention="0d")
    project.settings_path("d").write_text("config: [")

    result = run("apply", "--json")

    assert result.exit_code == 1
    outcomes = {each["stack"]: each for each in json.loads(result.stdout)["instances"]}
    assert {name: each["result"] for name, each in outcomes.items()} == {
        "a": "created",
        "b": "failed",
        "c": "created",
        "d": "failed",
    }
    assert "retention: '0d' cannot be used; write 1d to 90d" in outcomes["b"]["error"]
    assert all("\n" not in each["error"] for each in outcomes.values())


def test_what_somebody_works_on_is_reported_and_left_alone(run: Run, project: Project) -> None:
    declare(project, "a", "b")
    run("apply")
    declare(project, "a", "b", retention="7d")

    with project.backend.store("trackstack", "a").lock().held():
        result = run("apply")

    assert result.exit_code == 1
    assert "! a: locked by " in result.stdout and "`trackstack unlock a`" in result.stdout
    assert result.stderr.endswith("Applied: 1 updated, 1 failed\n")


def test_the_folder_can_be_named_shortly(runner: CliRunner, project: Project) -> None:
    declare(project, "a")

    assert runner.invoke(cli, ["apply", "-f", str(project.folder), "--dry-run"]).exit_code == 4


def test_a_folder_without_a_project_is_refused(runner: CliRunner, home: Path) -> None:
    result = runner.invoke(cli, ["apply", "-f", "nowhere"], prog_name="trackstack")

    assert result.exit_code == 1
    assert result.stderr == f"Error: there is no project in {home}/nowhere; `trackstack init` makes one\n"


def test_diff_shows_what_drifted_field_by_field_and_saves_nothing(run: Run, project: Project) -> None:
    declare(project, "a", "b")
    run("apply")
    (project.data_dir("b") / "retention.json").write_text('{"retention": "1d"}')
    before = project.stamps()

    result = run("diff")

    assert result.exit_code == 4
    assert result.stdout == "b\n  ! RetentionSchedule b-retention-schedule\n      retention: 30d → 1d\n"
    assert "1 of 2 instances drifted\n" in result.stderr
    assert project.stamps() == before
    assert run("diff", "a").exit_code == 0

    assert run("apply").exit_code == 0
    assert run("diff").exit_code == 0


def test_diff_of_an_instance_that_was_never_made_says_so(run: Run, project: Project) -> None:
    declare(project, "a")

    result = run("diff", "a")

    assert result.exit_code == 1
    assert "a: a was never brought up" in result.stderr


def test_diff_as_json(run: Run, project: Project) -> None:
    declare(project, "a")
    run("apply")
    (project.data_dir("a") / "retention.json").unlink()

    [found] = json.loads(run("diff", "--json").stdout)["instances"]

    assert found["stack"] == "a" and found["drifted"] and found["error"] == ""
    assert [step["name"] for step in found["drift"]] == ["a-retention-schedule"]
