"""What instances on AWS register, and what their stacks hold after `up`, as JSON in `recorded/`.

Run it to record anew what is meant to be otherwise.
"""

import json
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.aws.conftest import Cloud, aws_server, new_cloud
from tests.components import registrations
from tests.components.test_aws import COMPUTED, SHARED, make

from trackstack.providers.values import is_secret

RECORDED = Path(__file__).with_name("recorded")
IMAGE = {"image": "registry.example.com/trackstack-server:1.0"}
EXPOSED = {**IMAGE, "exposure": {"kind": "ingress", "host": "mlflow.example.com", "class_name": "alb"}}
SPECS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "small": ({}, IMAGE),
    "everything": (
        {
            "database": {"kind": "aurora", "ca_secret": {"name": "rds", "key": "ca.pem"}},
            "bucket": {"mode": "direct"},
            "kms_key": "create",
            "identity": "pod-identity",
            "secrets": "secrets-store-csi",
            "owner": "platform",
            "tags": {"cost-centre": "42"},
            "permissions_boundary": "arn:aws:iam::123456789012:policy/bound",
        },
        {**EXPOSED, "namespace": "ml", "size": "large"},
    ),
    "shared": (
        {
            "database": SHARED,
            "bucket": {"existing": True, "name": "theirs"},
            "secrets": "external-secrets",
            "kms_key": "",
        },
        EXPOSED,
    ),
}
"""Canonical specs: what differs from the least that has to be said, and the pods' settings."""


def registered(name: str) -> Any:
    """What the spec of that name registers: type, parent and inputs by name, secrets masked."""
    settings, pods = SPECS[name]
    with patch.dict(registrations.COMPUTED, COMPUTED):
        found, _ = make(settings, pods, labels={"team": "vision"})
    return json.loads(json.dumps(masked(found)))


def masked(value: Any) -> Any:
    if is_secret(value):
        return "[secret]"
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value


def state(name: str, cloud: Cloud) -> dict[str, Any]:
    """The settings, and the stack as it is exported after `up`."""
    settings, pods = SPECS[name]
    cloud.settings |= settings
    if "exposure" not in pods:
        del cloud.settings["domain"]
    cloud.pods = pods
    cloud.up()
    return {"settings": cloud.settings, "pods": pods, "export": cloud.stack.export()}


def write(name: str, document: Any) -> None:
    (RECORDED / f"{name}.json").write_text(f"{json.dumps(document, indent=1, sort_keys=True)}\n")


def read(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())


if __name__ == "__main__":
    RECORDED.mkdir(exist_ok=True)
    for spec in SPECS:
        write(spec, registered(spec))
        with aws_server() as endpoint, tempfile.TemporaryDirectory() as folder:
            write(f"{spec}_state", state(spec, new_cloud(endpoint, Path(folder))))
