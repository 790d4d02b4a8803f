"""A stack's handle: outputs, export and import, history, events, locks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pulumi
import pytest
from tests.engine.conftest import Bench, Thing, secrets

from trackstack.engine import Backend, Passphrase
from trackstack.engine.errors import (
    LockedError,
    PassphraseError,
    ProgramError,
    StackNotFoundError,
    StateError,
    UnsupportedError,
)
from trackstack.engine.events import (
    Diagnostic,
    OperationFinished,
    OperationStarted,
    StepFinished,
    StepStarted,
)


def program() -> None:
    """One resource, a plain and a secret output."""
    thing = Thing("a", {"value": 1})
    pulumi.export("id", thing.id)
    pulumi.export("nested", {"token": pulumi.Output.secret("hunter2"), "open": 1})


def test_events_tell_an_operation_from_start_to_end(bench: Bench) -> None:
    def talking() -> None:
        pulumi.log.warn("mind the gap")
        Thing("a", {})

    result = bench.up(talking)
    first, *between, last = bench.events

    assert first == OperationStarted("update", "project", "dev")
    assert isinstance(last, OperationFinished)
    assert (last.changes, last.error) == ({"create": 2}, "")
    assert Diagnostic("warning", "mind the gap") in between
    started = [event.step for event in between if isinstance(event, StepStarted)]
    finished = [event.step for event in between if isinstance(event, StepFinished)]
    assert [step.name for step in started] == ["project-dev", "a"]
    assert started == finished
    assert [step for step in result.steps if not step.name.startswith("default")] == finished


def test_a_steps_difference_names_properties_and_masks_secrets(bench: Bench) -> None:
    def changed(value: int, password: str) -> None:
        Thing("a", {"value": value, "password": pulumi.Output.secret(password)})

    bench.up(lambda: changed(1, "hunter2"))
    result = bench.up(lambda: changed(2, "hunter3"))
    diff = next(step.diff for step in result.steps if step.name == "a")

    assert [(change.path, change.kind, change.old, change.new) for change in diff] == [
        ("password", "update", "[secret]", "[secret]"),
        ("value", "update", 1, 2),
    ]


def test_a_difference_is_hidden_on_demand(bench: Bench) -> None:
    def changed(value: int) -> None:
        Thing("a", {"value": value, "other": value}, pulumi.ResourceOptions(hide_diffs=["value"]))

    bench.up(lambda: changed(1))
    result = bench.up(lambda: changed(2))
    diff = next(step.diff for step in result.steps if step.name == "a")

    assert [(c.path, c.old, c.new) for c in diff] == [("other", 1, 2), ("value", "[hidden]", "[hidden]")]


def test_a_listener_that_raises_fails_the_operation_but_no_step(bench: Bench) -> None:
    def listen(event: object) -> None:
        if isinstance(event, StepFinished):
            raise ValueError("cannot draw")

    bench.set(on_event=listen)
    with pytest.raises(ValueError, match="cannot draw"):
        bench.up(program)

    assert bench.resource("a").id == "a-1"


def test_outputs_are_masked_revealed_or_kept_as_secrets(bench: Bench) -> None:
    bench.up(program)

    assert bench.stack.outputs() == {"id": "a-1", "nested": {"token": "[secret]", "open": 1}}
    kept = bench.stack.outputs(secrets())
    assert repr(kept["nested"]) == "[secret]"
    shown = bench.stack.outputs(secrets(), show_secrets=True)
    assert shown["nested"] == {"token": "hunter2", "open": 1}


def test_a_failed_operation_keeps_old_outputs_and_adds_new_ones(bench: Bench) -> None:
    def broken() -> None:
        pulumi.export("other", 2)
        raise ValueError("oops")

    bench.up(program)
    with pytest.raises(ProgramError):
        bench.up(broken)

    assert set(bench.stack.outputs()) == {"id", "nested", "other"}


def test_an_exported_stack_can_be_imported_into_another(bench: Bench) -> None:
    bench.up(program)
    document = bench.stack.export()
    bench.destroy()
    bench.stack.import_(document)

    assert bench.names() == ["project-dev", "a"]
    assert bench.stack.outputs(secrets(), show_secrets=True)["nested"]["token"] == "hunter2"
    assert bench.stack.history()[0].kind == "import"


def test_history_tells_what_was_done(bench: Bench) -> None:
    bench.set(message="first", config={"project:key": "x", "project:word": "hunter2"})
    bench.set(secret_keys=frozenset({"project:word"}))
    bench.up(program)
    update = bench.stack.history()[0]

    assert (update.kind, update.result, update.message) == ("update", "succeeded", "first")
    assert update.resource_changes == {"create": 2}
    assert update.config["project:key"] == "x"
    assert "hunter2" not in str(update.config)


def test_a_stack_with_resources_is_not_removed_by_mistake(bench: Bench) -> None:
    bench.up(program)
    with pytest.raises(StateError, match="still has 3 resources"):
        bench.stack.remove()
    bench.destroy()
    bench.stack.remove()

    assert not bench.stack.exists()
    with pytest.raises(StackNotFoundError):
        bench.up(program)


def test_a_locked_stack_can_be_previewed_but_not_changed(bench: Bench) -> None:
    def changing() -> None:
        holder = bench.stack.lock_holder()
        assert holder is not None
        assert holder.pid
        assert bench.preview(program).changes == {"create": 2}
        with pytest.raises(LockedError):
            bench.stack.up(program, bench.options)
        Thing("a", {"value": 1})

    assert bench.up(changing).changes == {"create": 2}
    assert bench.stack.lock_holder() is None


def test_a_wrong_passphrase_changes_nothing(bench: Bench) -> None:
    bench.up(program)
    before = bench.stack.export()["deployment"]["resources"]
    bench.set(secrets=Passphrase("wrong"))
    with pytest.raises(PassphraseError):
        bench.up(program)

    assert bench.stack.export()["deployment"]["resources"] == before


def test_a_preview_of_a_refresh_and_a_destroy_write_nothing(bench: Bench) -> None:
    bench.up(program)
    bench.provider.world.objects["a-1"] = {"value": 2}
    found = bench.stack.preview_refresh(bench.options)
    planned = bench.stack.preview_destroy(bench.options)

    assert found.changed
    assert planned.changes == {"delete": 2}
    assert bench.resource("a").outputs["value"] == 1
    assert "a-1" in bench.provider.world.objects


def test_an_update_with_refresh_mends_drift_in_one_go(bench: Bench) -> None:
    bench.up(program)
    bench.provider.world.objects["a-1"] = {"value": 2}
    bench.set(refresh=True)
    bench.up(program)

    assert bench.provider.world.objects["a-1"] == {"value": 1}


class Remote(pulumi.ComponentResource):
    """A component that lives in a provider."""

    def __init__(self, name: str) -> None:
        super().__init__("test:index:Remote", name, {}, None, True)


def test_remote_components_are_refused_by_name(bench: Bench) -> None:
    with pytest.raises(UnsupportedError, match="a remote component is not supported") as caught:
        bench.up(lambda: Remote("a"))

    assert "install the Pulumi CLI" in str(caught.value)


def test_a_package_that_is_not_on_this_machine_is_refused_by_name(bench: Bench) -> None:
    def other() -> None:
        pulumi.CustomResource("nosuch:index:Thing", "a", {})

    with pytest.raises(UnsupportedError, match="nosuch"):
        bench.up(other)


def test_reading_a_stack_imports_no_pulumi(bench: Bench, tmp_path: Path) -> None:
    bench.up(program)
    code = f"""
import sys
from trackstack.engine import Backend
stack = Backend.open({str(tmp_path / "state")!r}).stack("project", "dev")
assert stack.outputs()["id"] == "a-1"
assert stack.history() and stack.lock_holder() is None
assert "pulumi" not in sys.modules, "imported"
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
    assert Backend.open(tmp_path / "state").stacks("project") == ["dev"]
