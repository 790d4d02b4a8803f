"""Pulumi.yaml: name, places, and the schema of the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from trackstack.engine.errors import ConfigError, UnsupportedError
from trackstack.engine.project import Project

TEXT = """\
name: shop
runtime: python
main: stacks
backend: {url: "file://./state"}
plugins:
  providers:
  - {name: cloud, path: ./bin}
config:
  name: {type: string, description: What people call it}
  retention: {type: string, default: 30d}
  shop:port: {type: integer, default: 0}
  running: {type: boolean, default: true}
  labels: {type: object, default: {}}
  tags: {type: array, items: {type: string}, default: []}
  key: {type: string, secret: true, default: x}
  short: 5
  aws:region: {value: eu}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "Pulumi.yaml").write_text(TEXT)
    return Project.load(tmp_path)


def load(folder: Path, text: str) -> Project:
    (folder / "Pulumi.yaml").write_text(text)
    return Project.load(folder)


def test_a_project_says_where_things_are(project: Project, tmp_path: Path) -> None:
    assert (project.name, project.program) == ("shop", tmp_path / "stacks")
    assert project.settings_path("demo") == tmp_path / "Pulumi.demo.yaml"
    assert project.plugins == {"cloud": tmp_path / "bin"}
    assert project.settings("demo").config == {}


def test_the_backend_is_the_projects_unless_the_environment_has_another(
    project: Project, tmp_path: Path
) -> None:
    assert project.backend({}).folder == tmp_path / "state"
    assert project.backend({"PULUMI_BACKEND_URL": "file:///elsewhere"}).folder == Path("/elsewhere")
    assert project.backend({"PULUMI_BACKEND_URL": ""}).folder == tmp_path / "state"
    with pytest.raises(UnsupportedError, match="s3://"):
        project.backend({"PULUMI_BACKEND_URL": "s3://x"})


def test_a_project_without_backend_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Pulumi.yaml names no backend: add `backend"):
        load(tmp_path, "name: shop\n").backend({})


@pytest.mark.parametrize("key", ["stackConfigDir", "config"])
def test_the_stacks_settings_may_be_elsewhere(tmp_path: Path, key: str) -> None:
    project = load(tmp_path, f"name: shop\n{key}: env\n")

    assert project.settings_path("demo") == tmp_path / "env" / "Pulumi.demo.yaml"


def test_defaults_complete_a_stacks_values(project: Project) -> None:
    values = {"shop:name": "x", "shop:retention": "7d", "shop:key": "k", "other:thing": "1"}

    assert project.complete("demo", values, frozenset({"shop:key"})) == {
        **values,
        "shop:port": "0",
        "shop:running": "true",
        "shop:labels": "{}",
        "shop:tags": "[]",
        "shop:short": "5",
        "aws:region": "eu",
    }


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({}, "stack demo is missing the configuration of name"),
        ({"shop:name": "x", "shop:port": "many"}, "shop:port must be of type integer"),
        ({"shop:name": "x", "shop:running": "1"}, "shop:running must be of type boolean"),
        ({"shop:name": "x", "shop:labels": "[]"}, "shop:labels must be of type object"),
        ({"shop:name": "x", "shop:tags": "[1]"}, "shop:tags must be of type array<string>"),
        ({"shop:name": "x", "shop:tags": "a"}, "shop:tags must be of type array<string>"),
    ],
)
def test_a_missing_or_wrong_value_is_named(project: Project, values: dict[str, str], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        project.complete("demo", {"shop:key": "k"} | values, frozenset({"shop:key"}))


def test_a_key_declared_secret_must_be_one(project: Project) -> None:
    with pytest.raises(ConfigError, match="shop:key must be a secret"):
        project.complete("demo", {"shop:name": "x", "shop:key": "open"}, frozenset())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("runtime: python\n", "`name` must be of letters"),
        ("name: a/b\n", "`name` must be of letters.*'a/b'"),
        ("name: [\n", r"Pulumi.yaml:2: "),
        ("name: shop\nbackend: x\n", "`backend` is not a mapping"),
        ("name: shop\nplugins: []\n  x: 1\n", r":3: "),
        ("name: shop\nconfig:\n  a: {type: text}\n", "a: 'text' is no type"),
        ("name: shop\nconfig:\n  a: {type: array}\n", "a: it needs `items`"),
        (
            "name: shop\nconfig:\n  a: {type: integer, default: x}\n",
            "the default of a is not of type integer",
        ),
        ("name: shop\nconfig:\n  aws:a: {type: string}\n", "aws:a is not of project shop"),
        ("name: shop\nplugins: {providers: [x]}\n", "plugins"),
    ],
)
def test_a_malformed_project_is_one_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        load(tmp_path, text)


def test_a_folder_without_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"{tmp_path} has no Pulumi.yaml"):
        Project.load(tmp_path)


def test_the_short_suffix_is_read_as_well(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yml").write_text("name: shop\n")

    assert Project.load(tmp_path).name == "shop"
