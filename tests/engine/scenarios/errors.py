"""What is kept when something fails."""

from __future__ import annotations

import pulumi
from pulumi import ResourceOptions
from tests.engine.answers import fails, half_done
from tests.engine.scenarios.model import Group, Scenario, Thing, chain, destroy, empty, refresh, things, up


def exporting(size: int) -> None:
    a = Thing("a", size=size)
    pulumi.export("size", size)
    pulumi.export("address", a.address)


def breaking(size: int) -> None:
    a = Thing("a", size=size)
    pulumi.export("size", size)
    pulumi.export("extra", a.address)
    raise pulumi.RunError("the program gives up")


def breaking_apply() -> None:
    def burst(_: str) -> str:
        raise ValueError("cannot use that address")

    a = Thing("a", size=1)
    Thing("b", size=a.address.apply(burst))


def half_exporting(size: int) -> None:
    a = Thing("a", size=size)
    b = Thing("b", upstream=a.address, size=size)
    pulumi.export("a", a.address)
    pulumi.export("b", b.address)


def branches(size: int) -> None:
    a = Thing("a", size=size)
    Thing("b", upstream=a.address, size=size)
    group = Group("g")
    Thing("c", ResourceOptions(parent=group, depends_on=[a]), size=size)
    Thing("d", size=size)


def ignoring(size: int) -> None:
    Thing("a", ResourceOptions(ignore_changes=["size"]), size=size)


SCENARIOS = (
    Scenario(
        "program-error",
        "A program that raises deletes nothing; its outputs are laid over the old ones.",
        (
            up(lambda: exporting(1)),
            up(lambda: breaking(2), fails=True),
            up(lambda: exporting(2)),
        ),
    ),
    Scenario(
        "apply-error",
        "An exception in an apply fails it.",
        (up(breaking_apply, fails=True), destroy()),
    ),
    Scenario(
        "create-error",
        "A failed create leaves nothing of itself, and nothing after it starts.",
        (
            up(chain("a", "b", "c"), {"create:b": fails("no room")}, fails=True),
            up(chain("a", "b", "c")),
        ),
    ),
    Scenario(
        "create-error-outputs",
        "Outputs of a failed update are laid over the old ones.",
        (
            up(lambda: exporting(1)),
            up(lambda: half_exporting(2), {"create:b": fails("no room")}, fails=True),
            up(lambda: half_exporting(2)),
        ),
    ),
    Scenario(
        "update-error",
        "A failed update keeps the old state.",
        (
            up(things("a", size=1)),
            up(things("a", size=2), {"update:a": fails("too big")}, fails=True),
            up(things("a", size=2)),
        ),
    ),
    Scenario(
        "delete-error",
        "A failed delete keeps the resource and what it depends on.",
        (
            up(chain("a", "b", "c")),
            up(chain("a"), {"delete:b": fails("in use")}, fails=True),
            up(chain("a")),
        ),
    ),
    Scenario(
        "destroy-error",
        "A failed delete ends a destroy; the next one goes on.",
        (up(chain("a", "b", "c")), destroy({"delete:b": fails("in use")}, fails=True), destroy()),
    ),
    Scenario(
        "partial-create",
        "A resource that was made but did not come up is kept with its errors and updated next time.",
        (
            up(things("a", size=1), {"create:a": half_done("not ready", "no address")}, fails=True),
            up(things("a", size=1)),
            up(things("a", size=1)),
        ),
    ),
    Scenario(
        "partial-update",
        "A half-done update keeps the new outputs with the old inputs.",
        (
            up(things("a", size=1)),
            up(things("a", size=2), {"update:a": half_done("not ready")}, fails=True),
            up(things("a", size=2)),
        ),
    ),
    Scenario(
        "partial-replacement",
        "A replacement that did not come up stays beside the old one, which is deleted later.",
        (
            up(things("a", kind="x")),
            up(things("a", kind="y"), {"create:a": half_done("not ready")}, fails=True),
            up(things("a", kind="y")),
        ),
    ),
    Scenario(
        "init-errors-ignore-changes",
        "An update that heals init errors still ignores what it should.",
        (
            up(lambda: ignoring(1), {"create:a": half_done("not ready")}, fails=True),
            up(lambda: ignoring(2)),
        ),
    ),
    Scenario(
        "partial-create-then-gone",
        "A half-made resource that the program forgets is deleted.",
        (up(things("a"), {"create:a": half_done("not ready")}, fails=True), up(empty)),
    ),
    Scenario(
        "partial-read",
        "A refresh that finds a resource half up notes its errors; the next one clears them.",
        (up(things("a", size=1)), refresh({"read:a": half_done("not ready")}), refresh()),
    ),
    Scenario(
        "continue-on-error",
        "What does not depend on the failed resource is done all the same.",
        (
            up(lambda: branches(1), {"create:a": fails("no room")}, fails=True, continue_on_error=True),
            up(lambda: branches(1)),
        ),
    ),
    Scenario(
        "continue-on-error-destroy",
        "A destroy goes on with what the undeletable does not need.",
        (
            up(lambda: branches(1)),
            destroy({"delete:b": fails("in use")}, fails=True, continue_on_error=True),
            destroy(),
        ),
    ),
)
