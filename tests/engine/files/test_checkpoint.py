"""Checkpoints: what we write we read, what is damaged or foreign is refused in one line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from tests.engine.files.states import box, snapshot, snapshots, urn

from trackstack.engine import values
from trackstack.engine.checkpoint import VERSION, open_secrets, parse, render
from trackstack.engine.errors import EngineError, StateError, UnsupportedError
from trackstack.engine.secrets import Passphrase
from trackstack.engine.snapshot import PendingOperation, Snapshot


def rendered(state: Snapshot, passphrase: Passphrase) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(state, passphrase))
    return document


def unsealed(document: dict[str, Any]) -> bytes:
    """As the Pulumi CLI would write it: without our digest."""
    return json.dumps({key: value for key, value in document.items() if key != "sha256"}).encode()


@given(state=snapshots())
@settings(deadline=None, max_examples=50)
def test_a_snapshot_survives_the_file(state: Snapshot, passphrase: Passphrase) -> None:
    again = parse(render(state, passphrase), "demo.json")
    open_secrets(again, passphrase)

    before = [resource.to_json(str) for resource in state.resources]
    assert repr([resource.to_json(str) for resource in again.resources]) == repr(before)


def test_the_layout_is_the_clis(passphrase: Passphrase) -> None:
    state = snapshot(box("a"), secrets_provider={"type": "passphrase", "state": {"salt": passphrase.state}})
    state.pending = [PendingOperation("creating", box("b", id=""))]

    document = rendered(state, passphrase)

    assert document["version"] == 3 and "features" not in document
    assert document["checkpoint"]["stack"] == "organization/shop/demo"
    latest = document["checkpoint"]["latest"]
    assert list(latest) == ["manifest", "secrets_providers", "resources", "pending_operations", "metadata"]
    assert latest["manifest"]["magic"] == hashlib.sha256(VERSION.encode()).hexdigest()
    assert latest["pending_operations"][0]["type"] == "creating"
    assert b": " not in render(state, passphrase)


def test_an_empty_stack_has_no_resources_member(passphrase: Passphrase) -> None:
    assert "resources" not in rendered(Snapshot("s"), passphrase)["checkpoint"]["latest"]
    assert parse(b'{"version":3,"checkpoint":{"stack":"x"}}', "f").resources == []


def test_unknown_keys_are_kept_at_every_level(passphrase: Passphrase) -> None:
    document = rendered(snapshot(box("a")), passphrase)
    document["new"] = 1
    document["checkpoint"]["config"] = {"a:b": "c"}
    document["checkpoint"]["latest"]["novelty"] = [2]
    document["checkpoint"]["latest"]["metadata"]["integrity_error"] = {"error": "old"}
    document["checkpoint"]["latest"]["manifest"]["plugins"] = [{"name": "cloud"}]

    again = rendered(parse(unsealed(document), "f"), passphrase)

    assert again["new"] == 1
    assert again["checkpoint"]["config"] == {"a:b": "c"}
    assert again["checkpoint"]["latest"]["novelty"] == [2]
    assert again["checkpoint"]["latest"]["metadata"]["integrity_error"] == {"error": "old"}
    assert again["checkpoint"]["latest"]["manifest"]["plugins"] == [{"name": "cloud"}]


def test_a_state_without_secrets_needs_no_passphrase() -> None:
    assert parse(render(snapshot(box("a")), None), "f").find(urn("a"))
    with pytest.raises(StateError, match="give a passphrase"):
        render(snapshot(box("a", inputs={"x": values.secret(1)})), None)


def test_sealed_secrets_are_written_back_without_a_passphrase(passphrase: Passphrase) -> None:
    state = parse(render(snapshot(box("a", inputs={"x": values.secret("hush")})), passphrase), "f")

    again = parse(render(state, None), "f")
    open_secrets(again, passphrase)

    assert (a := again.find(urn("a"))) and a.inputs == {"x": values.secret("hush")}


def test_equal_secrets_have_different_ciphertexts(passphrase: Passphrase) -> None:
    state = snapshot(box("a", inputs={"x": values.secret("same"), "y": values.secret("same")}))

    resource = rendered(state, passphrase)["checkpoint"]["latest"]["resources"][2]

    assert resource["inputs"]["x"] != resource["inputs"]["y"]


def test_a_damaged_ciphertext_names_its_resource(passphrase: Passphrase) -> None:
    state = snapshot(box("a", inputs={"x": {values.SIG: values.SECRET, "ciphertext": "v1:AAAA:AAAA"}}))

    with pytest.raises(StateError, match="::a: a secret's ciphertext is damaged"):
        open_secrets(state, passphrase)


@pytest.mark.parametrize(
    ("members", "feature"),
    [
        ({"replace_with": [urn("a")]}, "replaceWith"),
        ({"resource_hooks": {"afterCreate": ["h"]}}, "hooks"),
        ({"inputs": {"x": {values.SIG: values.BYTES, "value": "/w=="}}}, "byteString"),
    ],
)
def test_a_feature_in_use_makes_version_4(
    members: dict[str, Any], feature: str, passphrase: Passphrase
) -> None:
    state = snapshot(box("a"), box("b", **members))

    document = rendered(state, passphrase)

    assert (document["version"], document["features"]) == (4, [feature])
    assert parse(render(state, passphrase), "f").find(urn("b"))


@pytest.mark.parametrize("feature", ["views", "taint", "refreshBeforeUpdate", "feature-of-tomorrow"])
def test_a_feature_that_we_lack_is_refused_by_name(feature: str, passphrase: Passphrase) -> None:
    document = rendered(snapshot(), passphrase) | {"version": 4, "features": ["hooks", feature]}

    with pytest.raises(UnsupportedError, match=f"{feature} .*install the Pulumi CLI"):
        parse(unsealed(document), "f")


@pytest.mark.parametrize(
    ("member", "feature"),
    [
        ({"taint": True}, "taint"),
        ({"viewOf": urn("a")}, "views"),
        ({"refreshBeforeUpdate": True}, "refreshBeforeUpdate"),
        ({"extensionRef": "x"}, "extensionParameterization"),
        ({"snippetID": "x"}, "snippets-prototype"),
    ],
)
def test_a_resource_that_uses_what_we_lack_is_refused(
    member: dict[str, Any], feature: str, passphrase: Passphrase
) -> None:
    document = rendered(snapshot(box("a")), passphrase)
    document["checkpoint"]["latest"]["resources"][2] |= member

    with pytest.raises(UnsupportedError, match=feature):
        parse(unsealed(document), "f")


EDITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "magic": lambda d: d["checkpoint"]["latest"]["manifest"].update(version="v9"),
    "not an object": lambda d: d.update(checkpoint=[]),
    "not a list": lambda d: d["checkpoint"]["latest"].update(resources={}),
    "unknown type": lambda d: d["checkpoint"]["latest"].update(pending_operations=[{"type": "x"}]),
    "is missing": lambda d: d["checkpoint"]["latest"]["resources"].pop(0),
    "version is not a number": lambda d: d.update(version="3"),
    "features are not a list": lambda d: d.update(features="hooks"),
    "not a text": lambda d: d["checkpoint"].update(stack=5),
}


@pytest.mark.parametrize("problem", EDITS)
def test_a_contradiction_is_named_with_the_file(problem: str, passphrase: Passphrase) -> None:
    document = rendered(snapshot(box("a")), passphrase)
    EDITS[problem](document)

    with pytest.raises(StateError, match=f"^demo.json: .*{problem}"):
        parse(unsealed(document), "demo.json")


@pytest.mark.parametrize("version", [0, 1, 2, 5])
def test_other_versions_are_refused(version: int) -> None:
    with pytest.raises(UnsupportedError, match=f"state of version {version}"):
        parse(json.dumps({"version": version, "checkpoint": {}}).encode(), "f")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"\x00",
        b'{"version":3',
        b'{"a":NaN}',
        b"[" * 10**5,
        b'{"version":true}',
    ],
)
def test_what_is_no_checkpoint_is_a_state_error(data: bytes) -> None:
    with pytest.raises(StateError, match=r"^f: "):
        parse(data, "f")


def test_an_edit_that_pulumis_rules_cannot_see_is_reported(passphrase: Passphrase) -> None:
    data = render(snapshot(box("a", outputs={"size": 1})), passphrase)

    with pytest.raises(StateError, match=r"edited or damaged.*\.bak.*pulumi stack import"):
        parse(data.replace(b'"size":1', b'"size":2'), "f")
    with pytest.raises(StateError, match="edited or damaged"):
        parse(json.dumps(json.loads(data), indent=2).encode(), "f")


def test_a_number_beyond_json_is_refused_when_written(passphrase: Passphrase) -> None:
    data = render(snapshot(box("a", custom_timeouts={"create": 123456})), None)

    state = parse(unsealed(json.loads(data)).replace(b"123456", b"1e9999"), "f")

    with pytest.raises(StateError, match="cannot be written"):
        render(state, None)


def flips(data: bytes, count: int) -> list[bytes]:
    """`data` with one bit of one byte changed, at `count` places spread over it."""
    changed = []
    for number in range(count):
        place = number * 7919 % len(data)
        changed.append(data[:place] + bytes([data[place] ^ (1 << number % 8)]) + data[place + 1 :])
    return changed


@pytest.mark.parametrize("sealed", [True, False], ids=["ours", "the CLI's"])
def test_a_flipped_byte_is_an_error_or_harmless(sealed: bool, passphrase: Passphrase) -> None:
    state = snapshot(
        box("a", inputs={"x": values.secret("hush"), "n": 1.5}, property_dependencies={"x": [urn("a")][:0]}),
        box("b", dependencies=[urn("a")], replace_with=[urn("a")], custom_timeouts={"create": 60}),
        secrets_provider={"type": "passphrase", "state": {"salt": passphrase.state}},
    )
    data = render(state, passphrase)
    refused = 0
    for flipped in flips(data if sealed else unsealed(json.loads(data)), 1000):
        try:
            again = parse(flipped, "f")
            open_secrets(again, passphrase)
            parse(render(again, passphrase), "f")
        except EngineError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > (980 if sealed else 300)


def test_a_file_cut_off_anywhere_is_refused(passphrase: Passphrase) -> None:
    data = render(snapshot(box("a", inputs={"x": "ü"})), passphrase)

    for length in range(len(data)):
        with pytest.raises(StateError):
            parse(data[:length], "f")
