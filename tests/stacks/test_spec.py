import pytest
from pydantic import BaseModel

from trackstack.stacks.errors import InvalidSpec
from trackstack.stacks.spec import InstanceSpec, config_schema


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "name is missing"),
        ({"name": "a/b"}, "name: 'a/b' cannot be used; write 1 to 64 letters, digits, spaces, _ and -"),
        ({"name": "x" * 65}, "cannot be used; write 1 to 64"),
        ({"name": "d", "description": "50%"}, "description: '50%' cannot be used; write at most 160 letters"),
        ({"name": "d", "description": "x" * 161}, "write at most 160"),
        ({"name": "d", "target": "mars"}, "target: 'mars' cannot be used; Input should be 'local'"),
        ({"name": "d", "retention": "soon"}, "retention: 'soon' cannot be used; write 1d to 90d"),
        ({"name": "d", "retention": "23h"}, "retention: '23h' cannot be used"),
        ({"name": "d", "retention": "90d1s"}, "retention: '90d1s' cannot be used"),
        ({"name": "d", "retention": ""}, "retention: '' cannot be used"),
        ({"name": "d", "labels": {"-a": "b"}}, "labels: .*-a=b: write keys and values of 1 to 63 letters"),
        ({"name": "d", "labels": {"a": "b" * 64}}, "labels: .*write keys and values of"),
        ({"name": "d", "port": 65536}, "port: 65536 cannot be used; write 1 to 65535, or 0 for a free one"),
        ({"name": "d", "port": "http"}, "port: 'http' cannot be used"),
        (
            {"name": "d", "token_rotation": -1},
            "token_rotation: -1 cannot be used; .* greater than or equal to 0",
        ),
        ({"name": "d", "project": "vision"}, "project: 'vision' cannot be used; write a UUID, such as"),
        ({"name": "d", "region": "EU 01"}, "region: 'EU 01' cannot be used; write at most 32"),
        ({"name": "d", "colour": "red"}, "colour is no setting of an instance; there are name, description"),
        ({"name": "d", "port": -1, "retention": "0"}, "retention: '0' .*; port: -1 "),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_its_value_and_what_to_do(
    values: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidSpec, match=message):
        InstanceSpec(**values)


@pytest.mark.parametrize("retention", ["1d", "90d", "30d", "24h", "1d12h", "1.5d", "86400s"])
def test_a_retention_is_kept_as_it_is_written(retention: str) -> None:
    assert InstanceSpec(name="d", retention=retention).retention == retention


def test_the_stack_is_called_as_the_instance_without_white_space() -> None:
    assert InstanceSpec(name="Team A\t vision_2").stack == "Team-A-vision_2"


def test_a_spec_survives_the_way_through_the_stacks_configuration() -> None:
    spec = InstanceSpec(
        name="007",
        description="a b",
        retention="7d",
        labels={"a": "1", "b": ""},
        port=5000,
        running=False,
        token_rotation=2,
    )
    config = spec.to_config()
    assert config["trackstack:labels"] == {"a": "1", "b": ""}

    texts = {
        **{key: str(value) for key, value in config.items()},
        "trackstack:labels": '{"a":"1","b":""}',
        "trackstack:running": "false",
        "aws:region": "eu-central-1",
    }

    assert InstanceSpec.from_config(texts) == spec


def test_the_configuration_holds_what_was_decided_and_nothing_empty() -> None:
    assert InstanceSpec(name="d").to_config() == {
        "trackstack:name": "d",
        "trackstack:target": "local",
        "trackstack:retention": "30d",
    }


def test_labels_that_yaml_reads_as_numbers_are_texts() -> None:
    config = {"trackstack:name": "d", "trackstack:labels": '{"tier":1,"on":true}'}

    assert InstanceSpec.from_config(config).labels == {"tier": "1", "on": "true"}


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("labels", "[1]", "labels: .1. cannot be used"),
        ("labels", "{", "labels: '{' cannot be used"),
        ("running", "maybe", "running: 'maybe' cannot be used"),
        ("colour", "red", "colour is no setting"),
    ],
)
def test_configuration_that_cannot_be_is_named(key: str, text: str, message: str) -> None:
    with pytest.raises(InvalidSpec, match=message):
        InstanceSpec.from_config({"trackstack:name": "d", f"trackstack:{key}": text})


def test_changes_leave_the_rest_and_merge_labels() -> None:
    spec = InstanceSpec(name="d", labels={"a": "1", "b": "2"}, port=5000)

    changed = spec.changed({"labels": {"a": None, "c": "3"}, "port": None})

    assert changed == InstanceSpec(name="d", labels={"b": "2", "c": "3"})


def test_a_stack_cannot_be_called_after_a_name_without_a_letter_or_digit() -> None:
    with pytest.raises(InvalidSpec, match="name: ' - ' cannot be used; write one letter or digit at least"):
        _ = InstanceSpec(name=" - ").stack


def test_uuids_are_written_in_one_way() -> None:
    spec = InstanceSpec(name="d", project="{792FF0E7BE72413591FA74ADAB5CEC76}")

    assert spec.project == "792ff0e7-be72-4135-91fa-74adab5cec76"


def test_the_configuration_schema_has_every_setting_and_requires_only_the_name() -> None:
    schema = config_schema()

    assert list(schema) == list(InstanceSpec.model_fields)
    assert [name for name, declared in schema.items() if "default" not in declared] == ["name"]
    assert all(declared["description"] for declared in schema.values())
    assert isinstance(InstanceSpec(name="d"), BaseModel)
