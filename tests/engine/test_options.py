"""What a resource's options change, and what it inherits from its parent."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi import CustomTimeouts, ResourceOptions
from tests.engine.conftest import Bench, Group, Thing

from trackstack.engine.errors import ResourceError
from trackstack.engine.values import is_secret


@pytest.mark.parametrize(
    ("pattern", "before", "after", "kept"),
    [
        ("value", {"value": 1}, {"value": 2}, {"value": 1}),
        ("value", {"value": 1}, {}, {"value": 1}),
        ("value", {}, {"value": 2}, {}),
        ("nested.value", {"nested": {"value": 1, "x": 1}}, {"nested": {"value": 2, "x": 2}}, None),
        ("list[0]", {"list": [1, 2]}, {"list": [3, 2]}, {"list": [1, 2]}),
        ("*", {"value": 1, "other": 1}, {"value": 2, "new": 1}, {"value": 1, "other": 1}),
    ],
)
def test_ignored_changes_leave_the_old_input(
    bench: Bench, pattern: str, before: dict[str, Any], after: dict[str, Any], kept: dict[str, Any] | None
) -> None:
    bench.up(lambda: Thing("a", before))
    result = bench.up(lambda: Thing("a", after, ResourceOptions(ignore_changes=[pattern])))

    assert bench.resource("a").inputs == (kept if kept is not None else {"nested": {"value": 1, "x": 2}})
    assert ("update" in result.changes) is (kept is None)


def test_an_ignored_path_that_cannot_be_reset_is_told(bench: Bench) -> None:
    bench.up(lambda: Thing("a", {"list": [1]}))
    result = bench.up(lambda: Thing("a", {"list": [1, 2]}, ResourceOptions(ignore_changes=["list[1]"])))

    assert "cannot ignore changes" in result.diagnostics[0].message
    assert result.diagnostics[0].urn.endswith("::a")


def test_children_inherit_protection_provider_and_retention(bench: Bench) -> None:
    def program() -> None:
        provider = pulumi.ProviderResource("test", "explicit", {"region": "north"})
        group = Group(
            "group", None, ResourceOptions(protect=True, retain_on_delete=True, providers=[provider])
        )
        inner = Group("inner", None, ResourceOptions(parent=group))
        Thing("a", {}, ResourceOptions(parent=inner))

    bench.up(program)
    recorded = bench.resource("a")

    assert recorded.protect
    assert recorded.retain_on_delete
    assert "::explicit::" in recorded.provider
    assert recorded.urn == "urn:pulumi:dev::project::test:index:Group$test:index:Group$test:index:Thing::a"


def test_timeouts_reach_the_provider_in_seconds(bench: Bench) -> None:
    def program(value: int) -> None:
        opts = ResourceOptions(custom_timeouts=CustomTimeouts(create="1m30s", update="2h", delete="500ms"))
        Thing("a", {"value": value}, opts)

    bench.up(lambda: program(1))
    bench.up(lambda: program(2))
    bench.destroy()

    sent = {call.method: getattr(call.request, "timeout", None) for call in bench.provider.calls}
    assert (sent["Create"], sent["Update"], sent["Delete"]) == (90, 7200, 0.5)


def test_a_timeout_that_is_no_duration_is_refused(bench: Bench) -> None:
    opts = ResourceOptions(custom_timeouts=CustomTimeouts(create="soon"))

    with pytest.raises(ResourceError, match="'soon' is not a duration"):
        bench.up(lambda: Thing("a", {}, opts))


def test_outputs_become_secret_on_demand_and_by_their_inputs(bench: Bench) -> None:
    def program() -> None:
        opts = ResourceOptions(additional_secret_outputs=["size"])
        Thing("a", {"password": pulumi.Output.secret("hunter2"), "open": 1}, opts)

    bench.provider.accept_secrets = False
    bench.up(program)
    outputs = bench.resource("a").outputs

    assert is_secret(outputs["size"])
    assert is_secret(outputs["password"])
    assert outputs["open"] == 1
    assert bench.provider.find("a") == [{"password": "hunter2", "open": 1}]
    assert bench.up(program).changes == {"same": 2}


def test_default_providers_can_be_disabled(bench: Bench) -> None:
    bench.set(config={"pulumi:disable-default-providers": '["test"]'})

    with pytest.raises(ResourceError, match="default provider of 'test' is disabled"):
        bench.up(lambda: Thing("a", {}))


def test_a_default_provider_takes_its_configuration_and_version(bench: Bench) -> None:
    bench.set(config={"test:region": "north", "test:token": "hunter2"}, secret_keys=frozenset({"test:token"}))
    bench.up(lambda: Thing("a", {}, ResourceOptions(version="1.2.3-beta.1")))
    provider = bench.resource("default_1_2_3_beta_1")

    assert provider.inputs["region"] == "north"
    assert is_secret(provider.inputs["token"])
    assert provider.inputs["version"] == "1.2.3-beta.1"
    assert provider.inputs["__internal"] == {}
    assert "__internal" not in provider.outputs
    assert "__internal" not in bench.provider.configured[0]


def test_a_newer_version_of_a_default_provider_takes_over_its_resources(bench: Bench) -> None:
    def program(version: str) -> None:
        Thing("a", {}, ResourceOptions(version=version))

    bench.up(lambda: program("1.0.0"))
    result = bench.up(lambda: program("2.0.0"))

    assert result.changes == {"same": 2}
    assert "default_2_0_0" in bench.resource("a").provider
    assert [r.name for r in bench.resources() if r.is_provider] == ["default_2_0_0"]


def test_two_resources_of_one_name_are_refused(bench: Bench) -> None:
    with pytest.raises(ResourceError, match="duplicate resource URN"):
        bench.up(lambda: (Thing("a", {}), Thing("a", {})))
