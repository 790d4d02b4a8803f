import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from tests.providers.remote import Refused, Remote

from trackstack import __version__
from trackstack.providers.values import UNKNOWN, decode, encode, is_secret, secret

FOLDER = "trackstack:local:Folder"
RETENTION = "trackstack:local:RetentionSchedule"
TOKEN = "trackstack:local:AdminToken"


def test_the_provider_tells_its_version(remote: Remote) -> None:
    assert remote.call("GetPluginInfo", Empty()).version == __version__


def test_the_provider_shakes_hands_attaches_and_is_configured_for_secrets(remote: Remote) -> None:
    assert remote.call("Handshake", pb.ProviderHandshakeRequest(engine_address="127.0.0.1:1")).accept_secrets
    remote.call("Attach", plugin_pb2.PluginAttach(address="127.0.0.1:1"))
    configured = remote.call("Configure", pb.ConfigureRequest(acceptSecrets=True))
    assert configured.acceptSecrets and configured.supportsPreview
    remote.call("Cancel", Empty())


def test_configuration_of_a_project_called_as_the_package_is_not_taken_for_the_providers(
    remote: Remote,
) -> None:
    answer = remote.call("CheckConfig", pb.CheckRequest(news=encode({"version": "0.1.0", "retention": "7d"})))

    assert decode(answer.inputs) == {"version": "0.1.0"}
    assert not answer.failures


def test_an_unknown_type_is_refused_by_name(remote: Remote) -> None:
    with pytest.raises(
        Refused, match=r"^trackstack:local:Teapot is not a resource of the trackstack provider$"
    ):
        remote.check("trackstack:local:Teapot", {})


@pytest.mark.parametrize(
    ("inputs", "failures"),
    [
        ({"dataDir": "/d"}, {"retention": "is required"}),
        ({"retention": "30d"}, {"dataDir": "is required"}),
        ({"dataDir": "/d", "retention": 30}, {"retention": "Input should be a valid string, got 30"}),
        (
            {"dataDir": "/d", "retention": "1d", "colour": "red"},
            {"colour": "is not a property of this resource"},
        ),
        (
            {"dataDir": "d", "retention": "30d"},
            {"dataDir": "must be an absolute path without '..' or a trailing slash, got 'd'"},
        ),
        (
            {"dataDir": "/d", "retention": "soon"},
            {
                "retention": "'soon' is not a duration: "
                "write days, hours, minutes, seconds, such as 30d or 1d12h"
            },
        ),
    ],
)
def test_bad_inputs_fail_with_property_and_reason(
    remote: Remote, inputs: dict[str, object], failures: dict[str, str]
) -> None:
    assert remote.check(RETENTION, inputs)[1] == failures


def test_inputs_that_are_not_known_yet_pass_and_the_others_are_checked(remote: Remote) -> None:
    assert remote.check(RETENTION, {"dataDir": UNKNOWN, "retention": "30d"}) == (
        {"dataDir": UNKNOWN, "retention": "30d"},
        {},
    )
    assert remote.check(TOKEN, {"dataDir": UNKNOWN})[0] == {"dataDir": UNKNOWN, "rotation": ""}
    assert remote.check(RETENTION, {"dataDir": UNKNOWN, "retention": 1})[1] == {
        "retention": "Input should be a valid string, got 1"
    }


def test_checked_inputs_keep_their_secrets(remote: Remote) -> None:
    checked, _ = remote.check(RETENTION, {"dataDir": "/d", "retention": secret("30d")})

    assert checked == {"dataDir": "/d", "retention": secret("30d")}


def test_a_failure_does_not_quote_a_secret(remote: Remote) -> None:
    assert remote.check(RETENTION, {"dataDir": "/d", "retention": secret(7)})[1] == {
        "retention": "Input should be a valid string, got a secret"
    }


def test_a_preview_foretells_what_can_be_known_and_makes_nothing(remote: Remote, tmp_path: object) -> None:
    assert remote.foretell(FOLDER, {"path": f"{tmp_path}/made"}) == {
        "path": f"{tmp_path}/made",
        "incarnation": UNKNOWN,
    }
    assert remote.foretell("trackstack:local:DatabaseFile", {"path": UNKNOWN})["url"] == UNKNOWN
    assert remote.foretell("trackstack:local:DatabaseFile", {"path": "/a.db"})["url"] == "sqlite:////a.db"


def test_what_nobody_declared_cannot_be_imported(remote: Remote) -> None:
    request = pb.ReadRequest(id="/x", urn=f"urn:pulumi:s::p::{FOLDER}::n")
    with pytest.raises(Refused, match="cannot be imported; declare it, and it is adopted"):
        remote.call("Read", request)


def test_outputs_declared_secret_are_sent_as_secrets(remote: Remote, tmp_path: object) -> None:
    made = remote.create(TOKEN, {"dataDir": str(tmp_path)})

    assert [key for key, value in made.wire.items() if is_secret(value)] == ["value"]


def test_ignored_changes_are_no_difference(remote: Remote, tmp_path: object) -> None:
    made = remote.create(RETENTION, {"dataDir": str(tmp_path), "retention": "30d"})
    news = encode({"dataDir": str(tmp_path), "retention": "7d"})
    request = pb.DiffRequest(
        id=made.id, urn=f"urn:pulumi:s::p::{RETENTION}::n", olds=encode(made.wire), news=news
    )
    assert decode(news) and remote.call("Diff", request).changes == pb.DiffResponse.DIFF_SOME

    request.ignoreChanges.append("retention")

    assert remote.call("Diff", request).changes == pb.DiffResponse.DIFF_NONE
