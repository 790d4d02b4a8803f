"""The component for other languages, over gRPC as their engine calls it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import grpc
import pulumi
import pytest
import yaml
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2
from tests.examples.conftest import Up
from tests.examples.plugin_host import PLUGIN, engine, host

from trackstack.engine import Stack
from trackstack.stacks.plugin import TrackingInstanceArgs
from trackstack.stacks.spec import InstanceSpec

TYPE = "trackstack-components:index:TrackingInstance"
YAML = Path(__file__).parents[2] / "docs" / "examples" / "yaml" / "Pulumi.yaml"
OF_THE_CONTROL_PLANE = {"id", "project", "region"}


def construct(folder: Path, inputs: dict[str, Any]) -> dict[str, Any]:
    """What the host makes of the inputs, within the program that runs."""
    with engine() as address, host(folder, address) as stub:
        request = provider_pb2.ConstructRequest(
            project="research",
            stack="dev",
            organization="organization",
            monitorEndpoint=address,
            parallel=4,
            type=TYPE,
            name="vision",
            inputs=ParseDict(inputs, Struct()),
        )
        response = stub.Construct(request, timeout=60)
        return {"urn": response.urn, **MessageToDict(response.state)}


def test_the_plugin_file_is_what_the_cli_reads() -> None:
    assert PLUGIN == {"runtime": "python", "main": "stacks/plugin"}


def test_the_schema_offers_the_component_with_typed_inputs_and_outputs(tmp_path: Path) -> None:
    with host(tmp_path) as stub:
        schema = json.loads(stub.GetSchema(provider_pb2.GetSchemaRequest(version=0)).schema)

    component = schema["resources"][TYPE]
    assert component["isComponent"] and component["requiredInputs"] == []
    types = {name: each["type"] for name, each in component["inputProperties"].items()}
    assert types["tokenRotation"] == types["port"] == "integer"
    assert types["running"] == "boolean" and types["labels"] == "object"
    assert component["properties"].keys() == {"url", "token"}


def test_the_inputs_are_the_settings_of_a_spec() -> None:
    settings = InstanceSpec.model_fields.keys() - OF_THE_CONTROL_PLANE

    assert settings <= TrackingInstanceArgs.__annotations__.keys()


def test_the_yaml_example_becomes_an_instance(up: Up, stack: Stack, tmp_path: Path) -> None:
    [resource] = yaml.safe_load(YAML.read_text())["resources"].values()
    assert resource["type"] == TYPE.replace(":index", "")

    async def program() -> None:
        inputs = resource["properties"] | {"running": False, "port": 24614}
        state = await asyncio.to_thread(construct, tmp_path, inputs)
        pulumi.export("url", state["url"])
        pulumi.export("urn", state["urn"])

    result = up(program)

    assert result.outputs["url"] == "http://127.0.0.1:24614"
    assert result.outputs["urn"] == f"urn:pulumi:dev::research::{TYPE}::vision"
    written = (tmp_path / ".trackstack/dev/instances/vision/retention.json").read_text()
    assert json.loads(written) == {"retention": "14d"}
    assert not up(program).changed


def test_inputs_that_cannot_be_are_refused_with_the_reason(up: Up, tmp_path: Path) -> None:
    refusals = []

    async def program() -> None:
        try:
            await asyncio.to_thread(construct, tmp_path, {"retention": "0d"})
        except grpc.RpcError as error:
            refusals.append(str(error))

    up(program)

    assert "retention: '0d' cannot be used; write 1d to 90d" in refusals[0]
    assert not (tmp_path / ".trackstack").exists()


@pytest.mark.parametrize("language", ["typescript", "go"])
def test_the_other_examples_say_the_same(language: str) -> None:
    text = "".join(path.read_text() for path in (YAML.parents[1] / language).iterdir())

    assert "TrackingInstance" in text and '"14d"' in text and '"vision"' in text
