"""Rotating an instance's admin token, and what its tokens need to be asked for."""

import re

import pytest

from trackstack import tokens as format
from trackstack.stacks import instances, operations, tokens
from trackstack.stacks.errors import InstanceNotFound, StackError
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec


def digest_file(project: Project) -> str:
    """What the server knows of the admin token."""
    return (project.data_dir("demo") / "admin-token").read_text()


@pytest.fixture
def demo(project: Project) -> Project:
    """A project with an instance that stands still."""
    operations.create(project, InstanceSpec(name="demo", running=False))
    return project


def test_a_rotation_is_a_change_of_the_spec(demo: Project) -> None:
    old = instances.token(demo, "demo")

    first = operations.rotate_token(demo, "demo")
    second = operations.rotate_token(demo, "demo")

    assert [report.instance and report.instance.spec.token_rotation for report in (first, second)] == [1, 2]
    assert second.changes["update"] >= 1
    new = format.parse(instances.token(demo, "demo"))
    assert new is not None
    assert new.text != old
    assert digest_file(demo) == f"{new.id} {new.digest}\n"


def test_a_project_from_before_rotations_keeps_its_token_until_one_is_asked_for(demo: Project) -> None:
    file = demo.folder / "Pulumi.yaml"
    file.write_text(re.sub(r"  token_rotation:\n(    .*\n)+", "", file.read_text()))
    older = Project(demo.folder)
    before = instances.token(older, "demo")

    operations.up(older, "demo")
    kept = instances.token(older, "demo")
    operations.rotate_token(older, "demo")

    assert "token_rotation" not in file.read_text()
    assert kept == before
    assert instances.token(older, "demo") != before


def test_tokens_are_asked_for_only_where_the_instances_own_server_answers(demo: Project) -> None:
    with pytest.raises(StackError, match="demo is stopped; `trackstack start demo` has it answer"):
        tokens.list_tokens(demo, "demo")
    with pytest.raises(InstanceNotFound):
        tokens.list_tokens(demo, "demi")
