"""Refresh: the state follows the world; pending operations; reads that fail."""

from __future__ import annotations

from typing import Any

from pulumi import ResourceOptions
from pulumi.runtime.proto import provider_pb2 as pb
from tests.engine.answers import drifted, fails, missing
from tests.engine.scenarios.model import (
    Edit,
    Group,
    Scenario,
    Thing,
    chain,
    destroy,
    preview,
    refresh,
    things,
    up,
    urn,
)
from tests.engine.scripted import Call, ScriptedProvider, message


def pending(kind: str, name: str, id_: str = "") -> Edit:
    """Write a pending operation into the state, as a crash leaves it."""

    def edit(latest: dict[str, Any]) -> None:
        kept = next((r for r in latest["resources"] if r["urn"] == urn(name)), None)
        provider = next(r for r in latest["resources"] if r["type"] == "pulumi:providers:cloud")
        fresh = {
            "urn": urn(name),
            "custom": True,
            "type": "cloud:index:Thing",
            "inputs": {"size": 1},
            "provider": f"{provider['urn']}::{provider['id']}",
            "propertyDependencies": {"size": []},
        }
        latest["pending_operations"] = [{"type": kind, "resource": kept or fresh}]

    return edit


def family() -> None:
    group = Group("g")
    a = Thing("a", ResourceOptions(parent=group))
    b = Thing("b", ResourceOptions(parent=a), size=1)
    Thing("c", ResourceOptions(deleted_with=a, depends_on=[a, b]), upstream=a.address)


def renumbered(provider: ScriptedProvider, call: Call) -> Any:
    """Read gives another id."""
    outputs = provider.world.pop(call.id)
    provider.world["a-other"] = outputs
    return pb.ReadResponse(id="a-other", properties=message(outputs), inputs=message({"size": 1}))


def without_inputs(provider: ScriptedProvider, call: Call) -> Any:
    """Read gives outputs only."""
    return pb.ReadResponse(id=call.id, properties=message({**provider.world[call.id], "size": 5}))


SCENARIOS = (
    Scenario("refresh", "Nothing drifted.", (up(chain("a", "b")), refresh(), up(chain("a", "b")))),
    Scenario(
        "refresh-drift",
        "Drift comes into the state, the next update mends it.",
        (
            up(things("a", size=1)),
            refresh({"read:a": drifted(size=7)}),
            preview(things("a", size=1)),
            up(things("a", size=1)),
            refresh(),
        ),
    ),
    Scenario(
        "refresh-drift-of-outputs",
        "Drift of what is no input changes outputs only.",
        (up(things("a", size=1)), refresh({"read:a": drifted(address="elsewhere")}), up(things("a", size=1))),
    ),
    Scenario(
        "refresh-missing",
        "What is gone leaves the state and everybody's dependencies; the next update makes it again.",
        (up(chain("a", "b", "c")), refresh({"read:a": missing}), up(chain("a", "b", "c"))),
    ),
    Scenario(
        "refresh-missing-parent",
        "Children of what is gone.",
        (up(family), refresh({"read:a": missing}), up(family), destroy()),
    ),
    Scenario(
        "refresh-new-id",
        "A read may change it.",
        (up(things("a", size=1)), refresh({"read:a": renumbered})),
    ),
    Scenario(
        "refresh-without-inputs",
        "A read without inputs keeps the old ones.",
        (up(things("a", size=1)), refresh({"read:a": without_inputs}), up(things("a", size=1))),
    ),
    Scenario(
        "refresh-error",
        "A read that fails fails the refresh.",
        (up(things("a")), refresh({"read:a": fails("cannot look")}, fails=True), refresh()),
    ),
    Scenario(
        "update-with-refresh",
        "`up --refresh` looks first.",
        (
            up(chain("a", "b")),
            up(chain("a", "b"), {"read:a": drifted(size=3)}, refresh=True),
            up(chain("a", "b"), {"read:a": missing}, refresh=True),
        ),
    ),
    Scenario(
        "destroy-with-refresh",
        "`destroy --refresh` looks first and does not delete what is gone.",
        (up(chain("a", "b")), destroy({"read:b": missing}, refresh=True)),
    ),
    Scenario(
        "refresh-targets",
        "Only the target is read.",
        (up(things("a", "b", size=1)), refresh({"read": drifted(size=2)}, targets=(urn("a"),))),
    ),
    Scenario(
        "pending-create",
        "An interrupted creation stays noted through updates and refreshes until it is cleared.",
        (
            up(things("a", size=1)),
            up(things("a", size=2), edit=pending("creating", "lost")),
            refresh(),
            refresh(clear_pending_creates=True),
        ),
    ),
    Scenario(
        "pending-create-made",
        "Created after all by the next update.",
        (
            up(things("a", size=1)),
            preview(things("a", "lost", size=1), edit=pending("creating", "lost")),
            up(things("a", "lost", size=1)),
            up(things("a", "lost", size=1)),
        ),
    ),
    Scenario(
        "pending-update",
        "An interrupted update is forgotten by the next write.",
        (
            up(things("a", size=1)),
            up(things("a", size=2), edit=pending("updating", "a")),
        ),
    ),
    Scenario(
        "pending-delete-operation",
        "An interrupted delete is forgotten by a refresh.",
        (up(things("a", size=1)), refresh({"read:a": missing}, edit=pending("deleting", "a"))),
    ),
    Scenario(
        "pending-destroy",
        "Destroy with an interrupted creation.",
        (up(things("a", size=1)), destroy(edit=pending("creating", "lost"))),
    ),
)
