"""What was recorded still holds: `python -m tests.aws.recording` writes what is meant to be otherwise."""

from pathlib import Path

import pytest
from tests.aws.conftest import Cloud
from tests.aws.recording import SPECS, read, registered

from trackstack.engine import Passphrase

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize("name", SPECS)
def test_an_instance_registers_what_was_recorded(name: str) -> None:
    assert registered(name) == read(name)


@pytest.mark.parametrize("name", SPECS)
def test_the_recorded_state_previews_as_no_changes(name: str, tmp_path: Path) -> None:
    document = read(f"{name}_state")
    salt = document["export"]["deployment"]["secrets_providers"]["state"]
    secrets = Passphrase("correct horse", salt)
    cloud = Cloud(NOWHERE, tmp_path, document["settings"], document["pods"], secrets=secrets)
    cloud.stack.import_(document["export"])

    plan = cloud.stack.preview(cloud.declare, cloud.options)

    assert {step.name: step.op for step in plan.steps if step.op != "same"} == {}
    assert plan.changes["same"] > 10


@pytest.mark.parametrize("name", SPECS)
def test_no_secret_was_recorded(name: str) -> None:
    document = read(f"{name}_state")
    kept = {each["urn"].rpartition("::")[2]: each for each in document["export"]["deployment"]["resources"]}
    value = kept["demo-password"]["outputs"]["value"]
    assert value.keys() > {"ciphertext"} and "plaintext" not in value
    assert read(name)["demo-secrets-version"]["inputs"]["secretString"] == "[secret]"
