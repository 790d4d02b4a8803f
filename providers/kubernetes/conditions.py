"""The annotation `pulumi.com/waitFor`: what an object is waited for, in place of what its kind says.

One expression or a JSON list of them: `condition=Ready`, `condition=Ready=False`,
`jsonpath={.status.phase}=Running`, `jsonpath={.status.address}` (that there is one).
"""

import json
import re
from typing import Any

from trackstack.providers.kubernetes import annotations, paths
from trackstack.providers.kubernetes.readiness import READY, Judge, Readiness, condition
from trackstack.providers.resource import ResourceError

Document = dict[str, Any]

_JSONPATH = re.compile(r"jsonpath=\{?(?P<path>[^{}=]+)\}?(?:==?(?P<value>.*))?")


def asked(inputs: Document) -> Judge | None:
    """How the annotation judges; None when it is not there. Raises ResourceError for an unreadable one."""
    text = annotations.value(inputs, annotations.WAIT_FOR)
    if not text:
        return None
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = text
    expressions = parsed if isinstance(parsed, list) else [text]
    if not expressions:
        raise ResourceError(f"the annotation {annotations.WAIT_FOR} takes at least one condition, got none")
    judges = [_judge(str(expression)) for expression in expressions]

    def judge(found: Document) -> Readiness:
        return next((told for each in judges if not (told := each(found)).ready), READY)

    return judge


def _judge(expression: str) -> Judge:
    if expression.startswith("condition="):
        return _by_condition(expression)
    match = _JSONPATH.fullmatch(expression)
    if match is None:
        raise _unreadable(expression)
    try:
        path = paths.parse(match["path"].strip())
    except ValueError:
        raise _unreadable(expression) from None
    wanted = None if match["value"] is None else match["value"].strip("'\"")

    def judge(found: Document) -> Readiness:
        try:
            value = paths.get(found, path)
        except KeyError:
            value = None
        held = value not in (None, "") if wanted is None else _text(value) == wanted
        return READY if held else Readiness(False, waits_for=f"{expression}, it is {_text(value)}")

    return judge


def _by_condition(expression: str) -> Judge:
    kind, _, status = expression.removeprefix("condition=").partition("=")
    wanted = (status or "True").lower()

    def judge(found: Document) -> Readiness:
        told = condition(found, kind)
        if str(told.get("status")).lower() == wanted:
            return READY
        said = f", which says: {told['message']}" if told.get("message") else ""
        return Readiness(False, waits_for=f"{expression}{said}")

    return judge


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _unreadable(expression: str) -> ResourceError:
    return ResourceError(
        f"the annotation {annotations.WAIT_FOR} takes condition=<type>[=<status>] or "
        f"jsonpath={{.<path>}}[=<value>], got {expression!r}"
    )
