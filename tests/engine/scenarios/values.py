"""Secrets, assets, references, invokes, transforms and hooks."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi import Output, ResourceOptions
from tests.engine.answers import fails
from tests.engine.scenarios.model import (
    Group,
    Program,
    Scenario,
    Thing,
    destroy,
    empty,
    preview,
    refresh,
    things,
    up,
)


def secretive(password: str, *, hidden: bool = True) -> None:
    value: Any = Output.secret(password) if hidden else password
    a = Thing("a", password=value, nested={"deep": [value, 1]}, size=1)
    Thing("b", upstream=a.address, copied=value)
    pulumi.export("password", value)
    pulumi.export("mixed", {"inner": value, "plain": 1})


def additional(size: int) -> None:
    a = Thing("a", ResourceOptions(additional_secret_outputs=["address"]), size=size)
    Thing("b", upstream=a.address)
    pulumi.export("address", a.address)


def configured() -> None:
    config = pulumi.Config()
    Thing("a", size=config.require_int("size"), key=config.require_secret("token"))
    pulumi.export("token", config.require_secret("token"))


def with_assets(text: str) -> None:
    archive = pulumi.AssetArchive({"one.txt": pulumi.StringAsset(text), "two.txt": pulumi.StringAsset("two")})
    Thing("a", source=pulumi.StringAsset(text), bundle=archive)


def referring() -> None:
    a = Thing("a", size=1)
    group = Group("g")
    Thing("b", friend=a, team=group)
    pulumi.export("friend", a)


def invoking() -> None:
    found = pulumi.runtime.invoke("cloud:index:find", {"name": "x", "size": 1})
    invoking_late(found=found.value["name"])


def invoking_late(**properties: Any) -> None:
    a = Thing("a", **properties)
    later = a.address.apply(
        lambda address: pulumi.runtime.invoke("cloud:index:find", {"at": address}).value["at"]
    )
    Thing("b", found=later)


def bigger(arguments: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    if not arguments.custom:
        return None
    return pulumi.ResourceTransformResult({**arguments.props, "size": 9}, arguments.opts)


def transformed() -> None:
    pulumi.runtime.register_stack_transform(bigger)
    group = Group("g")
    Thing("a", ResourceOptions(parent=group), size=1)


def no_hook(arguments: pulumi.ResourceHookArgs) -> None:
    return None


def bad_hook(arguments: pulumi.ResourceHookArgs) -> None:
    raise ValueError("the hook says no")


def hooked(hook: Any) -> Program:
    def program() -> None:
        before = pulumi.ResourceHook("before", hook)
        after = pulumi.ResourceHook("after", no_hook)
        hooks = pulumi.ResourceHookBinding(before_create=[before], after_create=[after], after_update=[after])
        Thing("a", ResourceOptions(hooks=hooks), size=1)

    return program


SCENARIOS = (
    Scenario(
        "secrets",
        "Secrets stay secret in inputs, outputs and the stack's outputs, until they are not.",
        (
            preview(lambda: secretive("hunter2")),
            up(lambda: secretive("hunter2")),
            up(lambda: secretive("hunter2")),
            up(lambda: secretive("hunter3")),
            refresh(),
            up(lambda: secretive("hunter3", hidden=False)),
            destroy(),
        ),
    ),
    Scenario(
        "secrets-kept-from-provider",
        "A provider that takes no secrets gets plain values; the state does not.",
        (
            up(lambda: secretive("hunter2")),
            up(lambda: secretive("hunter3")),
            refresh(),
            up(lambda: secretive("hunter3")),
        ),
        accept_secrets=False,
    ),
    Scenario(
        "additional-secret-outputs",
        "Outputs named secret are, for others too.",
        (up(lambda: additional(1)), up(lambda: additional(2)), up(lambda: additional(2))),
    ),
    Scenario(
        "config",
        "Configuration and its secrets reach the program.",
        (
            up(configured, config={"demo:size": "3"}, secrets={"demo:token": "abc"}),
            up(configured, config={"demo:size": "4"}, secrets={"demo:token": "abd"}),
            up(configured, fails=True),
        ),
    ),
    Scenario(
        "assets",
        "Assets are compared by hash.",
        (up(lambda: with_assets("one")), up(lambda: with_assets("one")), up(lambda: with_assets("uno"))),
    ),
    Scenario(
        "references", "Resources as values of others.", (preview(referring), up(referring), up(referring))
    ),
    Scenario("invokes", "Functions of the provider.", (preview(invoking), up(invoking), up(invoking))),
    Scenario(
        "invoke-error",
        "A failed function fails the program.",
        (up(invoking_late, {"invoke": fails("none")}, fails=True),),
    ),
    Scenario(
        "transforms",
        "A transform of the stack sees every resource.",
        (up(transformed), up(transformed), destroy()),
    ),
    Scenario(
        "hooks",
        "Hooks run around their steps, and a failing one before stops it.",
        (up(hooked(bad_hook), fails=True), up(hooked(no_hook)), up(things("a", size=2)), up(empty)),
    ),
)
