"""Made-up values, resources and snapshots, as sound as Pulumi's own."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from trackstack.engine import values
from trackstack.engine.resource import Resource
from trackstack.engine.snapshot import Snapshot

PHRASE = "correct horse"
STACK = "urn:pulumi:demo::shop::pulumi:pulumi:Stack::shop-demo"
PROVIDER = "urn:pulumi:demo::shop::pulumi:providers:cloud::default"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(
    lambda text: text not in values.UNKNOWNS
)
keys = texts.filter(lambda text: text != values.SIG)
numbers = st.one_of(
    st.integers(-(2**53), 2**53), st.floats().filter(lambda f: not (math.isfinite(f) and f.is_integer()))
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts, st.just(values.UNKNOWN))
specials = st.one_of(
    st.builds(lambda data: {values.SIG: values.BYTES, "value": data}, st.just("/w==")),
    st.builds(lambda text: {values.SIG: values.ASSET, "text": text, "hash": "00"}, texts),
    st.just({values.SIG: values.RESOURCE, "urn": STACK, "id": "x", "packageVersion": "1.0.0"}),
)
wire_values: st.SearchStrategy[Any] = st.recursive(
    scalars | specials,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(keys, inner, max_size=3),
        st.builds(values.secret, inner),
    ),
    max_leaves=8,
)
property_maps = st.dictionaries(keys, wire_values, max_size=4)


def urn(name: str, type: str = "cloud:index:Box") -> str:
    return f"urn:pulumi:demo::shop::{type}::{name}"


def root(**members: Any) -> Resource:
    return Resource(STACK, "pulumi:pulumi:Stack", **members)


def provider() -> Resource:
    return Resource(PROVIDER, "pulumi:providers:cloud", custom=True, id="0f1e", parent=STACK)


def box(name: str, **members: Any) -> Resource:
    members = {"id": f"id-{name}", "parent": STACK, "provider": f"{PROVIDER}::0f1e"} | members
    return Resource(urn(name), "cloud:index:Box", custom=True, **members)


def snapshot(*resources: Resource, **members: Any) -> Snapshot:
    return Snapshot("organization/shop/demo", [root(), provider(), *resources], **members)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Sound ones: every reference points backwards, at most one live resource has a URN."""
    resources = [root(), provider()]
    for number in range(draw(st.integers(0, 6))):
        before = [resource.urn for resource in resources]
        some = st.lists(st.sampled_from(before), max_size=2, unique=True)
        resources.append(
            box(
                f"n{number}",
                inputs=draw(property_maps),
                outputs=draw(property_maps),
                dependencies=draw(some),
                property_dependencies={"p": draw(some)},
                replace_with=draw(some),
                deleted_with=draw(st.sampled_from(["", *before])),
                protect=draw(st.booleans()),
                extra=draw(st.dictionaries(st.just("futureKey"), st.integers(), max_size=1)),
            )
        )
        if draw(st.booleans()):
            resources.append(box(f"n{number}", delete=True))
    return Snapshot("organization/shop/demo", resources)


def names(snapshot: Snapshot) -> list[str]:
    """The names of all but the stack and its provider."""
    return [r.name for r in snapshot.resources if not r.is_stack and not r.is_provider]
