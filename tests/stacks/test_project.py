from pathlib import Path

import pytest

from trackstack.engine.project import Project as PulumiProject
from trackstack.stacks.errors import StackError
from trackstack.stacks.project import PROGRAM, Project, project_yaml
from trackstack.stacks.spec import InstanceSpec

ROOT = Path(__file__).parents[2]


def made(folder: Path) -> Project:
    project = Project(folder)
    project.make()
    return project


def test_the_checkouts_own_project_is_what_every_project_gets() -> None:
    assert (ROOT / "Pulumi.yaml").read_text() == project_yaml()
    assert (ROOT / "stacks" / "__main__.py").read_text() == PROGRAM


def test_the_projects_configuration_schema_is_the_spec(tmp_path: Path) -> None:
    made(tmp_path)
    project = PulumiProject.load(tmp_path)

    completed = project.complete("demo", {"trackstack:name": "demo"}, frozenset())

    assert InstanceSpec.from_config(completed) == InstanceSpec(name="demo")
    assert {declared.key for declared in project.config} == {
        f"trackstack:{name}" for name in InstanceSpec.model_fields
    }


def test_the_folder_that_was_asked_for_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path / "around")
    monkeypatch.chdir(tmp_path / "around")

    assert Project.find(tmp_path / "a").folder == tmp_path / "a"
    monkeypatch.setenv("TRACKSTACK_PROJECT", str(tmp_path / "b"))
    assert Project.find().folder == tmp_path / "b"
    assert Project.find(Path("c")).folder == tmp_path / "around" / "c"


def test_the_nearest_project_around_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path / "outer")
    (tmp_path / "outer" / "x" / "y").mkdir(parents=True)
    (tmp_path / "outer" / "x" / "Pulumi.yaml").write_text("name: somebody-elses\nruntime: go\n")
    monkeypatch.chdir(tmp_path / "outer" / "x" / "y")

    assert Project.find().folder == tmp_path / "outer"


def test_without_any_it_is_in_the_users_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    project = Project.find()

    assert project.folder == tmp_path / "data" / "trackstack"
    assert not project.exists() and project.stacks() == []


def test_the_toolkits_own_checkout_is_not_found_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "stacks")

    assert Project.find().folder != ROOT
    assert Project.find(ROOT).folder == ROOT


def test_somebody_elses_project_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: billing\nruntime: go\n")

    with pytest.raises(
        StackError, match="is the Pulumi project 'billing'; choose another folder with --project"
    ):
        Project.find(tmp_path)


def test_a_malformed_pulumi_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: trackstack\nruntime: [\n")

    with pytest.raises(StackError, match=r"Pulumi.yaml:\d+"):
        Project.find(tmp_path)


def test_making_a_project_keeps_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: trackstack # ours\nruntime: python\n")

    made(tmp_path)

    assert (tmp_path / "Pulumi.yaml").read_text() == "name: trackstack # ours\nruntime: python\n"
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == [
        ".gitignore",
        "Pulumi.yaml",
        "stacks/__main__.py",
        "state/.gitignore",
    ]
