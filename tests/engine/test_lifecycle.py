"""The life of resources: made, kept, changed, replaced, deleted, and what the state says of it."""

from __future__ import annotations

import pulumi
import pytest
from tests.engine.conftest import Bench, Group, Thing, ops

from trackstack.engine.errors import ProgramError, ResourceError


def test_an_empty_program_makes_only_the_stack(bench: Bench) -> None:
    result = bench.up(lambda: None)

    assert ops(result) == [("create", "project-dev")]
    assert bench.names() == ["project-dev"]


def test_a_resource_is_created_kept_updated_and_deleted(bench: Bench) -> None:
    def program(value: int) -> None:
        thing = Thing("a", {"value": value})
        pulumi.export("size", thing.size)

    created = bench.up(lambda: program(1))
    same = bench.up(lambda: program(1))
    updated = bench.up(lambda: program(2))
    deleted = bench.up(lambda: None)

    assert created.changes == {"create": 2}
    assert created.outputs == {"size": 1}
    assert same.changes == {"same": 2}
    assert not same.changed
    assert updated.changes == {"same": 1, "update": 1}
    assert deleted.changes == {"same": 1, "delete": 1}
    assert bench.provider.world.objects == {}
    assert bench.names() == ["project-dev"]


def test_a_replacement_creates_before_it_deletes(bench: Bench) -> None:
    bench.up(lambda: Thing("a", {"kind": "x"}))
    result = bench.up(lambda: Thing("a", {"kind": "y"}))

    assert ops(result) == [
        ("same", "project-dev"),
        ("create-replacement", "a"),
        ("replace", "a"),
        ("delete-replaced", "a"),
    ]
    assert result.changes == {"same": 1, "replace": 1}
    assert bench.provider.world.objects == {"a-2": {"kind": "y"}}


def test_a_replacement_deletes_first_where_the_provider_says_so(bench: Bench) -> None:
    bench.provider.delete_first = True
    bench.up(lambda: Thing("a", {"kind": "x"}))
    result = bench.up(lambda: Thing("a", {"kind": "y"}))

    assert ops(result)[1:] == [("delete-replaced", "a"), ("replace", "a"), ("create-replacement", "a")]
    assert bench.provider.world.objects == {"a-2": {"kind": "y"}}


def test_a_destroy_deletes_dependents_first_and_leaves_an_empty_stack(bench: Bench) -> None:
    def program() -> None:
        group = Group("group")
        first = Thing("first", {}, pulumi.ResourceOptions(parent=group))
        second = Thing("second", {"of": first.id}, pulumi.ResourceOptions(parent=group))
        Thing("third", {"of": second.id})

    bench.up(program)
    result = bench.destroy()

    assert bench.provider.names("Delete") == ["third", "second", "first"]
    assert result.changes == {"delete": 5}
    assert bench.resources() == []
    assert bench.up(program).changes == {"create": 5}


def test_a_preview_foretells_an_up_and_writes_nothing(bench: Bench) -> None:
    def program() -> None:
        first = Thing("first", {"kind": "x"})
        Thing("second", {"of": first.size})

    foretold = bench.preview(program)
    assert bench.resources() == []
    assert bench.provider.world.objects == {}
    done = bench.up(program)

    assert foretold.changes == done.changes == {"create": 3}


def test_a_failing_creation_leaves_what_was_done_before(bench: Bench) -> None:
    def refuse(request: object, context: object) -> None:
        raise RuntimeError("quota exceeded")

    bench.up(lambda: Thing("a", {}))
    bench.provider.scripts["Create"] = refuse
    with pytest.raises(ResourceError, match="quota exceeded") as caught:
        bench.up(lambda: (Thing("a", {}), Thing("b", {})))

    assert caught.value.urn.endswith("::b")
    assert bench.names() == ["project-dev", "a"]


def test_a_failing_program_deletes_nothing(bench: Bench) -> None:
    def broken() -> None:
        raise ValueError("oops")

    bench.up(lambda: Thing("a", {}))
    with pytest.raises(ProgramError, match="oops"):
        bench.up(broken)

    assert bench.names() == ["project-dev", "a"]
    assert bench.stack.history()[0].result == "failed"


def test_a_refresh_finds_drift_and_the_next_up_mends_it(bench: Bench) -> None:
    def program() -> None:
        Thing("kept", {"value": 1})
        Thing("lost", {})

    bench.up(program)
    bench.provider.world.objects["kept-1"]["value"] = 2
    lost = next(key for key in bench.provider.world.objects if key.startswith("lost"))
    del bench.provider.world.objects[lost]
    refreshed = bench.refresh()

    assert refreshed.changes == {"same": 1, "update": 1, "delete": 1}
    assert refreshed.changed
    assert bench.up(program).changes == {"same": 1, "update": 1, "create": 1}
    assert bench.refresh().changes == {"same": 3}


def test_secrets_stay_secret_from_input_to_output_and_state(bench: Bench) -> None:
    def program() -> None:
        thing = Thing("a", {"password": pulumi.Output.secret("hunter2")})
        pulumi.export("password", thing.id.apply(lambda _: pulumi.Output.secret("hunter2")))

    result = bench.up(program)

    assert repr(result.outputs) == "{'password': [secret]}"
    assert result.outputs["password"].reveal() == "hunter2"
    assert "hunter2" not in str(bench.stack.export())
    assert "hunter2" not in repr(bench.events)
    assert bench.stack.outputs() == {"password": "[secret]"}
    assert bench.stack.outputs(bench.options.secrets, show_secrets=True) == {"password": "hunter2"}
    assert bench.up(program).changes == {"same": 2}


def test_a_provider_whose_configuration_is_not_known_yet_is_not_asked_in_a_preview(bench: Bench) -> None:
    def program() -> None:
        first = Thing("first", {"kind": "x"})
        provider = pulumi.ProviderResource("test", "explicit", {"region": first.id})
        second = Thing("second", {}, pulumi.ResourceOptions(provider=provider))
        pulumi.export("size", second.size)

    foretold = bench.preview(program)
    assert foretold.changes == {"create": 4}
    assert "second" not in bench.provider.names("Create")
    assert bench.up(program).changes == {"create": 4}
    assert bench.preview(program).changes == {"same": 4}
