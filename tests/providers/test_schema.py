import json

import pytest
from pulumi.runtime.proto import provider_pb2 as pb
from tests.providers.remote import Refused, Remote

LOCAL = ("Folder", "DatabaseFile", "LoopbackAddress", "AdminToken", "RetentionSchedule", "ServerProcess")
KINDS = [f"trackstack:local:{kind}" for kind in LOCAL] + [
    f"trackstack:secrets:{kind}" for kind in ("MintedToken", "Password")
]


def test_the_schema_describes_every_resource_and_property(remote: Remote) -> None:
    schema = json.loads(remote.call("GetSchema", pb.GetSchemaRequest()).schema)

    assert schema["name"] == "trackstack"
    assert list(schema["resources"]) == KINDS
    for resource in schema["resources"].values():
        assert resource["description"]
        for property in (*resource["inputProperties"].values(), *resource["properties"].values()):
            assert property["description"]
        assert set(resource["inputProperties"]) <= set(resource["properties"])
        assert set(resource["requiredInputs"]) <= set(resource["inputProperties"])
        assert set(resource["required"]) <= set(resource["properties"])


def test_the_schema_marks_secrets_defaults_and_what_replaces(remote: Remote) -> None:
    schema = json.loads(remote.call("GetSchema", pb.GetSchemaRequest()).schema)
    resources = schema["resources"]

    assert resources["trackstack:local:AdminToken"]["properties"]["value"]["secret"] is True
    assert resources["trackstack:local:Folder"]["inputProperties"]["path"]["replaceOnChanges"] is True
    server = resources["trackstack:local:ServerProcess"]
    assert server["inputProperties"]["running"] == {
        "type": "boolean",
        "default": True,
        "description": "Whether it is to run; false stops it and keeps everything.",
    }
    assert "pid" not in server["required"] and server["properties"]["pid"]["type"] == "integer"
    assert server["inputProperties"]["triggers"]["items"] == {"type": "string"}


def test_another_version_of_schemas_is_refused(remote: Remote) -> None:
    with pytest.raises(Refused, match=r"^schema version 7 is not known, only 0$"):
        remote.call("GetSchema", pb.GetSchemaRequest(version=7))
