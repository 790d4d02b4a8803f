"""What commands print about instances and operations: one place for words, columns and JSON fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from trackstack.cli.table import table
from trackstack.stacks import steps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from trackstack.cli.session import Session
    from trackstack.server.store.census import Census
    from trackstack.stacks.instances import Instance
    from trackstack.stacks.operations import Plan, Report
    from trackstack.stacks.tokens import AccessToken

COLUMNS = ("NAME", "STATE", "URL", "RETENTION", "DESCRIPTION")
TOKEN_COLUMNS = ("ID", "NAME", "SCOPE", "STATE", "USER", "TENANT", "VALID UNTIL", "LAST USED", "DESCRIPTION")
TOKEN_TIMES = ("created", "valid_until", "last_used")


def instance_document(instance: Instance) -> dict[str, Any]:
    """An instance with stable field names: its spec's fields and what is known of it."""
    return {
        **instance.spec.model_dump(mode="json"),
        "stack": instance.stack,
        "state": instance.state,
        "error": instance.error,
        "url": instance.url,
        "namespace": instance.namespace,
        "data_dir": "" if instance.spec.in_cluster else str(instance.data_dir),
        "log_file": "" if instance.spec.in_cluster else str(instance.log_file),
        "created": instance.created and instance.created.isoformat(),
        "updated": instance.updated and instance.updated.isoformat(),
    }


def row(instance: Instance) -> tuple[str, ...]:
    """An instance's line of the list."""
    spec = instance.spec
    return spec.name, instance.state, instance.url or "-", spec.retention, spec.description


def token_document(token: AccessToken) -> dict[str, Any]:
    """A token with stable field names; `content` is there only when it was just made."""
    fields = {key: value for key, value in vars(token).items() if key != "content" or value is not None}
    times = {key: value and value.isoformat() for key, value in fields.items() if key in TOKEN_TIMES}
    return fields | times


def token_row(token: AccessToken) -> tuple[str, ...]:
    """A token's line of the list."""
    until, used = _time(token.valid_until), _time(token.last_used) or "-"
    whose = (token.user or "-", token.tenant or "-")
    return token.id, token.name, token.scope, token.state, *whose, until, used, token.description


def details(instance: Instance) -> list[tuple[str, str]]:
    """An instance, a fact a line; what is not known has none."""
    spec = instance.spec
    facts = [
        ("name", spec.name),
        (
            "state",
            instance.state if instance.as_specified else f"{instance.state}, should be {instance.wanted}",
        ),
        ("error", instance.error),
        ("url", instance.url),
        ("target", spec.target),
        *_of_target(instance),
        ("project", spec.project),
        ("region", spec.region),
        ("retention", spec.retention),
        ("description", spec.description),
        ("labels", ", ".join(f"{key}={value}" for key, value in spec.labels.items())),
        ("created", _time(instance.created)),
        ("updated", _time(instance.updated)),
    ]
    return [fact for fact in facts if fact[1]]


def _of_target(instance: Instance) -> list[tuple[str, str]]:
    spec = instance.spec
    if not spec.in_cluster:
        return [
            ("port", str(spec.port or "auto")),
            ("data", str(instance.data_dir)),
            ("log", str(instance.log_file)),
        ]
    settings = spec.kubernetes
    return [
        ("context", settings.context),
        ("namespace", instance.namespace),
        ("image", settings.image),
        ("size", settings.size),
        ("replicas", f"{settings.fewest} to {settings.most}"),
        ("database", settings.database.kind),
        ("bucket", settings.bucket.url or settings.bucket.kind),
    ]


def contents(held: Census) -> str:
    """What an instance holds, for the last question before it is gone."""
    if held.experiments is None or held.runs is None:
        return f"{size(held.bytes)}, whose database cannot be read"
    return f"{_count(held.experiments, 'experiment')}, {_count(held.runs, 'run')}, {size(held.bytes)}"


def loss(instance: Instance) -> str:
    """What a deletion takes away, for that question."""
    spec = instance.spec
    if not spec.in_cluster:
        from trackstack.server.store.census import census

        return f"{spec.name} holds {contents(census(instance.data_dir))}. All of it will be lost."
    lost = " and ".join(instance.lost)
    what = f"Its {lost} will be lost." if lost else "Its database and artifacts stay."
    return f"{spec.name} is in the namespace {instance.namespace}. {what}"


def way_in(instance: Instance) -> str:
    """How an instance is reached that has no way in from outside its cluster; empty for all others."""
    spec = instance.spec
    if not spec.in_cluster or spec.kubernetes.exposure.kind != "none":
        return ""
    from trackstack.stacks.pods import forwarding

    command, url = forwarding(instance.stack, spec)
    return f"from here: `{command}`, then {url}; or give it a host"


def note_way_in(session: Session, done: Report) -> None:
    """Say how to get in where there is no way in from outside."""
    if done.instance and (way := way_in(done.instance)):
        session.say(f"It is reached within its cluster only; {way}")


def size(count: int) -> str:
    """Bytes as people read them: 52.4 MB."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def operation_document(done: Report) -> dict[str, Any]:
    """A finished operation with stable field names."""
    return {
        "instance": done.instance and instance_document(done.instance),
        "changes": done.changes,
        "drift": [steps.as_json(step) for step in done.drift],
        "seconds": round(done.seconds, 3),
    }


def warn_if_silent(session: Session, instance: Instance) -> None:
    """Nobody answers at the URL of an instance that does not run."""
    if instance.state != "active":
        name = instance.spec.name
        session.say(f"{name} is {instance.state}; have it answer:  {session.program} start {name}")


def url(done: Report) -> str:
    """Where the instance answers after an operation."""
    return done.instance.url if done.instance else ""


def sentence(session: Session, done: Report, text: str) -> None:
    """The last line of an operation: what is now so, and what it took."""
    idle = all(op == "same" for op, count in done.changes.items() if count)
    session.say(f"{text}  ({'nothing had to change; ' if idle else ''}{done.seconds:.1f} s)")


def operation(session: Session, done: Report, text: str) -> None:
    """A finished operation, as a sentence or as the JSON document."""
    if session.json:
        session.document(operation_document(done))
    sentence(session, done, text)


def drift(session: Session, done: Report, text: str) -> None:
    """What a refresh found, as lines and a sentence or as the JSON document."""
    if session.json:
        session.document(operation_document(done))
    elif not session.quiet:
        for step in done.drift:
            session.data("\n".join(planned(step)))
    session.say(text)


def planned(step: Any) -> list[str]:
    """A step that is to come, with its differences below it."""
    word = steps.words(step.op)
    head = click.style(f"{word.sign} {steps.kind(step)} {step.name}", fg=word.colour)
    return [f"  {head}", *(f"      {line}" for line in steps.differences(step))]


def status(session: Session, instances: Sequence[Instance]) -> None:
    """Wanted and found, side by side."""
    if session.json:
        fields = [
            {**instance_document(each), "wanted": each.wanted, "as_specified": each.as_specified}
            for each in instances
        ]
        session.document({"instances": fields})
    elif instances and not session.quiet:
        rows = [(each.spec.name, each.state, each.wanted, each.url or "-") for each in instances]
        session.data(table(("NAME", "STATE", "WANTED", "URL"), rows))


def plan(session: Session, plan: Plan) -> None:
    """What an operation would do."""
    if session.json:
        session.document({"changes": plan.changes, "steps": [steps.as_json(step) for step in plan.steps]})
        return
    for step in plan.steps:
        if steps.shown(step):
            session.data("\n".join(planned(step)))
    session.say(f"Preview: {steps.counts(plan.changes)}")


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S %Z}" if moment else ""


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
