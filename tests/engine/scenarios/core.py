"""The life of resources and components, undisturbed."""

from __future__ import annotations

import pulumi
from pulumi import ResourceOptions
from tests.engine.answers import cannot_compare, checks_to, compares, refuses
from tests.engine.scenarios.model import (
    Cloud,
    Group,
    Scenario,
    Thing,
    chain,
    destroy,
    empty,
    preview,
    things,
    up,
)


def nested() -> None:
    outer = Group("outer", size=1)
    inner = Group("inner", ResourceOptions(parent=outer))
    leaf = Thing("leaf", ResourceOptions(parent=inner), size=1)
    pulumi.export("address", leaf.address)


def nested_otherwise() -> None:
    outer = Group("outer", size=2)
    leaf = Thing("leaf", ResourceOptions(parent=outer), size=1)
    pulumi.export("address", leaf.address)


def explicit(region: str) -> pulumi.ProviderResource:
    return Cloud("west", region=region)


def with_provider(region: str, **properties: object) -> None:
    Thing("a", ResourceOptions(provider=explicit(region)), **properties)


def twice() -> None:
    a = Thing("a")
    Thing("a", ResourceOptions(depends_on=[a]))


def kinds_of_values() -> None:
    Thing(
        "a",
        whole=3,
        half=0.5,
        yes=True,
        nothing=None,
        text="ünïcode",
        items=[1, "two", {"three": [3]}],
        nested={"deep": {"er": 1}, "list": []},
    )


def numbered(version: str) -> None:
    Thing("a", ResourceOptions(version=version), size=1)


def with_timeouts() -> None:
    timeouts = pulumi.CustomTimeouts(create="5m", update="90s", delete="1h")
    Thing("a", ResourceOptions(custom_timeouts=timeouts), size=1)


SCENARIOS = (
    Scenario("empty-program", "Nothing but the stack.", (up(empty), up(empty), destroy())),
    Scenario(
        "one-resource",
        "Create, same, update, delete.",
        (
            preview(things("a", size=1)),
            up(things("a", size=1)),
            up(things("a", size=1)),
            preview(things("a", size=2)),
            up(things("a", size=2)),
            up(empty),
            destroy(),
        ),
    ),
    Scenario(
        "chain",
        "Dependencies reach the state, deletes go backwards.",
        (
            preview(chain("a", "b", "c")),
            up(chain("a", "b", "c")),
            up(chain("a", "b")),
            destroy(),
        ),
    ),
    Scenario(
        "components",
        "Children are named by their parents' types; moving a child replaces it.",
        (up(nested), up(nested), up(nested_otherwise), destroy()),
    ),
    Scenario(
        "explicit-provider",
        "A provider resource of the program's own; its changed configuration replaces where it says so.",
        (
            up(lambda: with_provider("west-1", size=1)),
            up(lambda: with_provider("west-1", size=1)),
            preview(lambda: with_provider("west-2", size=1)),
            up(lambda: with_provider("west-2", size=1)),
            destroy(),
        ),
    ),
    Scenario(
        "default-provider-version",
        "A new version of the default provider is a new provider; its resources stay.",
        (up(lambda: numbered("1.0.0")), up(lambda: numbered("1.1.0")), destroy()),
    ),
    Scenario(
        "provider-config",
        "The stack's configuration of the package goes to the default provider.",
        (
            up(things("a"), config={"cloud:region": "north"}),
            up(things("a"), config={"cloud:zone": "1", "cloud:region": "north"}),
            up(things("a"), config={"cloud:region": "south"}),
        ),
    ),
    Scenario("duplicate-urn", "Two resources of one name fail.", (up(twice, fails=True), up(things("a")))),
    Scenario("values", "Every kind of value keeps its type.", (up(kinds_of_values), up(kinds_of_values))),
    Scenario(
        "checked-inputs",
        "What Check makes of the inputs is what the state keeps and the next Check gets.",
        (
            up(things("a", size=1), {"check": checks_to(zone="z1")}),
            up(things("a", size=1), {"check": checks_to(zone="z1")}),
            up(things("a", size=1), {"check": checks_to(zone="z2")}),
        ),
    ),
    Scenario(
        "check-failure",
        "A refused input fails before anything is made.",
        (
            up(chain("a", "b"), {"check:b": refuses(upstream="none")}, fails=True),
            up(chain("a", "b")),
        ),
    ),
    Scenario(
        "diff-unknown",
        "A provider that cannot compare leaves it to the engine.",
        (
            up(things("a", size=1), {"diff": cannot_compare}),
            up(things("a", size=1), {"diff": cannot_compare}),
            up(things("a", size=2), {"diff": cannot_compare}),
        ),
    ),
    Scenario(
        "diff-says-none",
        "A provider may overlook a change; the state then keeps the new inputs.",
        (up(things("a", size=1)), up(things("a", size=2), {"diff": compares()}), up(things("a", size=2))),
    ),
    Scenario("timeouts", "They reach the calls.", (up(with_timeouts), up(with_timeouts), destroy())),
)
