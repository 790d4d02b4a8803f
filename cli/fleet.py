"""What commands print about many instances at once: the plan, the summary, the differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from trackstack.cli import report
from trackstack.cli.table import table
from trackstack.stacks import steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trackstack.cli.session import Session
    from trackstack.stacks.fleet import Difference, Intent, Outcome

_ENTRIES = {"same": "unchanged", "failed": "failed"}


def plan(session: Session, intents: Sequence[Intent], surplus: Sequence[str]) -> None:
    """An instance a line with what would change below it, then the sum."""
    if session.json:
        return
    for intent in intents:
        if not session.quiet:
            _data(session, _lines(intent))
    session.say(f"Plan: {_sum((_word(each) for each in intents), 'to {}')}")
    _mention(session, surplus)


def plan_document(intents: Iterable[Intent], surplus: Sequence[str]) -> dict[str, Any]:
    """A plan with stable field names."""
    return {"instances": [_intent_document(each) for each in intents], "surplus": list(surplus)}


def summary(session: Session, outcomes: Sequence[Outcome], surplus: Sequence[str]) -> None:
    """What came of it: a row for each instance that was worked on or failed, then the sum."""
    if session.json:
        done = [_outcome_document(each) for each in outcomes]
        session.document({"instances": done, "surplus": list(surplus)})
        return
    rows = [_row(each) for each in outcomes if each.intent.op != "same" or each.error]
    if rows and not session.quiet:
        session.data(table(("NAME", "RESULT", "TIME", "DETAIL"), rows))
    elif session.quiet:
        for each in outcomes:
            if each.error:
                click.echo(f"{each.intent.stack}: {each.error}", err=True)
    session.say(f"Applied: {_sum(map(_result, outcomes), '{}')}")


def differences(session: Session, found: Sequence[Difference]) -> None:
    """An instance a line, its differences below it, then the sum."""
    if session.json:
        session.document({"instances": [_difference_document(each) for each in found]})
        return
    drifted = [each for each in found if each.steps]
    for each in found:
        if each.error:
            click.echo(f"{each.stack}: {each.error}", err=True)
        elif each.steps and not session.quiet:
            session.data(click.style(each.stack, bold=True))
            for step in each.steps:
                session.data("\n".join(report.planned(step)))
    failed = sum(1 for each in found if each.error)
    rest = f", {failed} could not be looked at" if failed else ""
    session.say(f"{len(drifted)} of {count(len(found), 'instance')} drifted{rest}")
    if drifted:
        names = " ".join(each.stack for each in drifted[:3])
        session.say(f"Mend it:  {session.program} up {names}{' …' if len(drifted) > 3 else ''}")


def count(number: int, noun: str) -> str:
    """1 instance, 2 instances."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _data(session: Session, lines: list[str]) -> None:
    if lines:
        session.data("\n".join(lines))


def _lines(intent: Intent) -> list[str]:
    if intent.error:
        return [f"{click.style('!', fg='red')} {intent.stack}: {intent.error}"]
    if intent.op == "same":
        return []
    word = steps.words(intent.op)
    planned = [step for step in intent.plan.steps if steps.shown(step)] if intent.plan else []
    drifted = (
        [step for step in intent.plan.steps if step.op == "refresh" and step.diff] if intent.plan else []
    )
    head = click.style(f"{word.sign} {intent.stack}", fg=word.colour)
    if intent.op != "update":  # all of it comes or goes
        return [f"{head}: {intent.op}"]
    return [f"{head}: {intent.op}", *(line for step in (*drifted, *planned) for line in report.planned(step))]


def _word(intent: Intent) -> str:
    return "failed" if intent.error else intent.op


def _result(outcome: Outcome) -> str:
    return "failed" if outcome.error else steps.words(outcome.intent.op).done


def _row(outcome: Outcome) -> tuple[str, ...]:
    done = outcome.report
    detail = outcome.error or (report.url(done) if done else "")
    return outcome.intent.stack, _result(outcome), f"{outcome.seconds:.1f} s", detail


def _sum(words: Iterable[str], due: str) -> str:
    """`create create same`: 2 to create, 1 unchanged."""
    counted: dict[str, int] = {}
    for word in words:
        counted[word] = counted.get(word, 0) + 1
    ordered = sorted(counted, key=lambda word: (word in ("same", "unchanged"), word == "failed", word))
    said = [f"{counted[word]:,} {_ENTRIES.get(word) or due.format(word)}" for word in ordered]
    return ", ".join(said) or "no instances"


def _mention(session: Session, surplus: Sequence[str]) -> None:
    if surplus:
        whose = "its file" if len(surplus) == 1 else "their files"
        session.say(f"Left alone, though {whose} is gone (--prune deletes): {', '.join(surplus)}")


def _intent_document(intent: Intent) -> dict[str, Any]:
    planned = intent.plan
    return {
        "stack": intent.stack,
        "op": intent.op,
        "error": intent.error,
        "changes": planned.changes if planned else {},
        "steps": [steps.as_json(step) for step in planned.steps] if planned else [],
    }


def _outcome_document(outcome: Outcome) -> dict[str, Any]:
    done = outcome.report
    return {
        "stack": outcome.intent.stack,
        "op": outcome.intent.op,
        "result": _result(outcome),
        "error": outcome.error,
        "url": report.url(done) if done else "",
        "changes": done.changes if done else {},
        "seconds": round(outcome.seconds, 3),
    }


def _difference_document(found: Difference) -> dict[str, Any]:
    return {
        "stack": found.stack,
        "drifted": bool(found.steps),
        "error": found.error,
        "drift": [steps.as_json(step) for step in found.steps],
    }
