"""The integrity rules, each broken once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from tests.engine.files.states import PROVIDER, box, provider, root, snapshot, snapshots, urn

from trackstack.engine.errors import StateError
from trackstack.engine.resource import Resource
from trackstack.engine.snapshot import Snapshot, verify


@given(snapshots())
def test_a_sound_snapshot_verifies(sound: Snapshot) -> None:
    sound.verify()


BROKEN: dict[str, Callable[[], list[Resource]]] = {
    "parent .* is missing": lambda: [root(), provider(), box("a", parent=urn("b"))],
    "parent .* comes after it": lambda: [box("a", provider=""), root()],
    "dependency .* is missing": lambda: [root(), provider(), box("a", dependencies=[urn("b")])],
    "dependency .* comes after": lambda: [root(), provider(), box("a", dependencies=[urn("b")]), box("b")],
    r"property dependency \(from property p\)": lambda: [
        root(),
        provider(),
        box("a", property_dependencies={"p": [urn("b")]}),
    ],
    "deletedWith": lambda: [root(), provider(), box("a", deleted_with=urn("b"))],
    "replaceWith": lambda: [root(), provider(), box("a", replace_with=[urn("b")])],
    "unknown provider": lambda: [root(), box("a")],
    "unknown provider .*::beef": lambda: [root(), provider(), box("a", provider=f"{PROVIDER}::beef")],
    "not a provider reference": lambda: [root(), provider(), box("a", provider="cloud")],
    "provider .* has no id": lambda: [Resource(PROVIDER, "pulumi:providers:cloud", custom=True)],
    "component but has the id": lambda: [root(id="x")],
    "recorded twice": lambda: [root(), provider(), box("a"), box("a")],
    "is not a URN": lambda: [Resource("a", "cloud:index:Box")],
    "has no type": lambda: [Resource(urn("a"), "")],
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_named_with_the_urn(rule: str) -> None:
    with pytest.raises(StateError, match=rule) as failure:
        verify(BROKEN[rule]())

    assert "urn:pulumi:" in str(failure.value) or rule == "is not a URN"


def test_what_waits_to_be_deleted_may_share_a_urn() -> None:
    verify([root(), provider(), box("a"), box("a", delete=True), box("a", delete=True)])
    verify([root(), provider(), box("a", delete=True)])


def test_what_waits_to_be_replaced_may_have_lost_its_provider() -> None:
    verify([root(), box("a", pending_replacement=True)])


def test_a_snapshot_finds_its_root_its_outputs_and_a_live_resource() -> None:
    found = snapshot(box("a", delete=True, id="old"), box("a", id="new"))
    found.resources[0].outputs = {"url": "http://x"}

    assert found.outputs == {"url": "http://x"}
    assert (live := found.find(urn("a"))) and live.id == "new"
    assert Snapshot("s").outputs == {}
