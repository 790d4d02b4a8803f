"""`from trackstack import TrackingInstance, InstanceSpec` in a program of one's own."""

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest
from tests.components.registrations import register
from tests.examples.conftest import Up

import trackstack
from trackstack import InstanceSpec, TrackingInstance
from trackstack.engine import Secret, Stack
from trackstack.stacks.errors import InvalidSpec

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def test_the_python_example_makes_its_instances_and_a_second_time_nothing(
    up: Up, stack: Stack, tmp_path: Path
) -> None:
    def example() -> None:
        runpy.run_path(str(EXAMPLES / "python" / "__main__.py"))

    first = up(example, running="false")
    again = up(example, running="false")

    assert first.outputs.keys() == {
        f"{name}-{what}" for name in ("vision", "speech") for what in ("url", "token")
    }
    assert str(first.outputs["vision-url"]).startswith("http://127.0.0.1:")
    assert isinstance(first.outputs["vision-token"], Secret)
    assert not again.changed
    for name in ("vision", "speech"):
        assert (tmp_path / ".trackstack" / "dev" / "instances" / name / "tracking.db").is_file()


def test_the_instance_is_one_component_with_its_parts_below(up: Up, stack: Stack) -> None:
    def program() -> None:
        TrackingInstance("vision", InstanceSpec(name="vision", running=False))

    up(program)

    types = {each.urn.split("::")[2] for each in stack.snapshot().resources} - {"pulumi:pulumi:Stack"}
    top = "trackstack-components:index:TrackingInstance"
    assert top in types and all(each == top or each.startswith(f"{top}$") for each in types)


def test_what_depends_on_it_waits_for_it_and_its_outputs_can_be_used(up: Up) -> None:
    def program() -> None:
        instance = TrackingInstance("vision", InstanceSpec(name="vision", running=False, port=24613))
        pulumi.export("api", pulumi.Output.concat(instance.url, "/api"))
        pulumi.export("port", instance.outputs["port"])

    assert up(program).outputs == {"api": "http://127.0.0.1:24613/api", "port": 24613}


def test_a_spec_that_cannot_be_is_one_line_and_makes_nothing(up: Up, tmp_path: Path) -> None:
    def program() -> None:
        TrackingInstance("vision", InstanceSpec(name="vision", retention="0d"))

    with pytest.raises(InvalidSpec, match="retention: '0d' cannot be used; write 1d to 90d"):
        up(program)

    assert not (tmp_path / ".trackstack").exists()


def test_a_program_may_have_several_on_kubernetes() -> None:
    def program() -> dict[str, pulumi.Output[Any]]:
        made = [
            TrackingInstance(name, InstanceSpec(name=name, target="kubernetes"))
            for name in ("vision", "speech")
        ]
        return {"url": made[0].url, "token": made[0].token}

    registered, outputs = register(program)

    types = {name: each["type"] for name, each in registered.items()}
    for name in ("vision", "speech"):
        assert types[f"{name}-kubernetes"] == "pulumi:providers:kubernetes"
        assert types[f"{name}-local"] == "pulumi:providers:trackstack"
    assert list(types.values()).count("kubernetes:apps/v1:Deployment") == 2
    assert outputs["token"].secret and str(outputs["url"].value).startswith("http")


def test_importing_the_package_imports_neither_pulumi_nor_pydantic() -> None:
    code = "import sys, trackstack; print({'pulumi', 'pydantic', 'grpc'} & set(sys.modules), dir(trackstack))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert said.startswith("set()") and "'InstanceSpec'" in said and "'TrackingInstance'" in said


def test_a_name_that_the_package_lacks_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'trackstack' has no attribute 'Instance'"):
        trackstack.Instance  # type: ignore[attr-defined]  # noqa: B018
