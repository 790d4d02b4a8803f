"""Resources that are read or imported rather than made."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi import ResourceOptions
from pulumi.runtime.proto import provider_pb2 as pb
from tests.engine.answers import half_done
from tests.engine.scenarios.model import (
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
from tests.engine.scripted import Answer, Call, ScriptedProvider, message


def got(id_: str, **properties: Any) -> Program:
    """A program that looks a resource up by its id."""

    def program() -> None:
        a = Thing("a", ResourceOptions(id=id_), **properties)
        Thing("b", upstream=a.address)
        pulumi.export("address", a.address)

    return program


def imported(id_: str | None, *ignored: str, **properties: Any) -> Program:
    opts = ResourceOptions(import_=id_, ignore_changes=list(ignored))
    return lambda: Thing("a", opts, **properties)


def existing(**properties: Any) -> Answer:
    """Read finds a resource that we did not make, whatever its id."""

    def answer(provider: ScriptedProvider, call: Call) -> Any:
        outputs = provider.world.setdefault(call.id, {**properties, "address": f"{call.id}.test"})
        inputs = {key: value for key, value in outputs.items() if key != "address"}
        return pb.ReadResponse(id=call.id, properties=message(outputs), inputs=message(inputs))

    return answer


FOUND = {"read:a": existing(size=1)}

SCENARIOS = (
    Scenario(
        "read",
        "Looked up each time, used by others, never deleted.",
        (
            preview(got("x"), FOUND),
            up(got("x"), FOUND),
            up(got("x"), FOUND),
            refresh(FOUND),
            up(empty),
        ),
    ),
    Scenario("read-missing", "Nothing there is an error.", (up(got("x"), fails=True),)),
    Scenario(
        "read-other",
        "Another id is another resource.",
        (up(got("x"), FOUND), preview(got("y"), FOUND), up(got("y"), FOUND), destroy()),
    ),
    Scenario(
        "read-partial",
        "What is read half up has its errors noted.",
        (
            up(
                got("x"),
                {"read:a": lambda p, c: half_done("not ready")(p, c) if FOUND["read:a"](p, c) else None},
                fails=True,
            ),
            up(got("x"), FOUND),
        ),
    ),
    Scenario(
        "read-to-owned",
        "What was looked up is made.",
        (up(got("x"), FOUND), up(things("a", size=1)), destroy()),
    ),
    Scenario(
        "owned-to-read",
        "What was made is let go when looked up by its id.",
        (up(things("a", size=1)), up(got("a-1"), FOUND), destroy()),
    ),
    Scenario(
        "owned-to-other-read",
        "What was made is deleted when another is looked up instead.",
        (up(things("a", size=1)), up(got("x"), FOUND)),
    ),
    Scenario(
        "import",
        "Taken over as it is, then ours.",
        (
            preview(imported("x", size=1), FOUND),
            up(imported("x", size=1), FOUND),
            up(imported("x", size=1), FOUND),
            up(things("a", size=1)),
            up(things("a", size=2)),
            destroy(),
        ),
    ),
    Scenario(
        "import-different",
        "The program must say what is there, else it is updated or refused.",
        (preview(imported("x", size=2), FOUND), up(imported("x", size=2), FOUND)),
    ),
    Scenario(
        "import-replacing",
        "An import that would replace is refused.",
        (up(imported("x", kind="y"), {"read:a": existing(kind="x")}, fails=True),),
    ),
    Scenario("import-missing", "Nothing there is an error.", (up(imported("x", size=1), fails=True),)),
    Scenario(
        "import-ignoring",
        "Ignored properties are taken as they are found.",
        (up(imported("x", "size", size=2), FOUND), up(imported("x", "size", size=3), FOUND)),
    ),
    Scenario(
        "import-over-owned",
        "An import in place of one of ours replaces it.",
        (up(things("a", size=1)), up(imported("x", size=1), FOUND)),
    ),
    Scenario(
        "import-of-owned",
        "The import of what we have is no change.",
        (up(things("a", size=1)), up(imported("a-1", size=1)), up(things("a", size=1))),
    ),
)
