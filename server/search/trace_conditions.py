"""What a filter of traces asks of the row `t` of traces."""

import json
import re

from trackstack.server.errors import invalid
from trackstack.server.search import patterns
from trackstack.server.search.rules import NULLS
from trackstack.server.search.sql import Sql, all_of, compare, exists, joined, one_of, select
from trackstack.server.search.tree import Comparison, Entity
from trackstack.server.store.statements import SQLITE
from trackstack.server.store.traces import keys

COLUMNS = {
    "request_id": "t.uuid",
    "client_request_id": "t.client_request_id",
    "status": "t.state",
    "timestamp_ms": "t.started_at",
    "execution_time_ms": "t.duration",
    "end_time_ms": "(t.started_at + coalesce(t.duration, 0))",
    "experiment_id": "t.experiment_id",
}
TABLES = {Entity.TAG: "trace_tags", Entity.METADATA: "trace_metadata"}
_SPAN_COLUMNS = {"name": "s.name", "type": "s.type", "status": "s.status", "content": "s.content"}
_RANGED = ("<", "<=", ">", ">=")


def check(comparison: Comparison) -> None:
    """Raises ApiError for a value that the comparison cannot have."""
    value = comparison.value
    if comparison.op == "RLIKE":
        patterns.check(str(value))
    if comparison.key == keys.LINKED_PROMPTS and comparison.entity is Entity.TAG:
        if comparison.op != "=":
            raise invalid(
                f"Invalid comparator '{comparison.op}' for prompts filter. Only '=' is supported with "
                'format: prompt = "name/version"'
            )
        if str(value).count("/") != 1:
            raise invalid(
                f"Invalid prompts filter value '{value}'. Expected format: prompt = \"name/version\""
            )


def conditions(database: str, comparisons: tuple[Comparison, ...], experiments: tuple[int, ...]) -> list[Sql]:
    """All that must hold; what is asked of spans must hold of one and the same span."""
    found = [_condition(database, one, experiments) for one in comparisons if one.entity is not Entity.SPAN]
    of_span = [_span(database, one) for one in comparisons if one.entity is Entity.SPAN]
    if of_span:
        found.append(exists(select("1", "spans s", Sql("s.trace_id = t.id"), *of_span)))
    return found


def _condition(database: str, comparison: Comparison, experiments: tuple[int, ...]) -> Sql:
    entity, key, value = comparison.entity, comparison.key, comparison.value
    match entity:
        case Entity.ATTRIBUTE:
            return _compare(database, COLUMNS[key], comparison)
        case Entity.ISSUE:
            found = Sql("a.trace_id = t.id"), Sql("a.kind = 'issue'"), Sql("a.name = ?", (value,))
            return exists(select("1", "assessments a", *found))
        case Entity.FEEDBACK | Entity.EXPECTATION:
            return _assessed(database, comparison, experiments)
    if key == keys.LINKED_PROMPTS:
        linked = Sql("p.trace_id = t.id"), Sql("p.prompt = ?", (value,))
        return exists(select("1", "trace_prompts p", *linked))
    kept = select("1", f"{TABLES[entity]} v", Sql("v.trace_id = t.id"), Sql("v.key = ?", (key,)))
    if comparison.op in NULLS:
        return exists(kept, negate=comparison.op == "IS NULL")
    holds = exists(all_of((kept, _compare(database, "v.value", comparison))))
    if key == keys.SOURCE_RUN and comparison.op == "=":
        linked = Sql("l.trace_id = t.id"), Sql("l.run_id = ?", (value,))
        return either(holds, exists(select("1", "trace_runs l", *linked)))
    return holds


def either(one: Sql, other: Sql) -> Sql:
    """The condition that one of the two holds."""
    return Sql(f"({one.text} OR {other.text})", (*one.values, *other.values))


def _assessed(database: str, comparison: Comparison, experiments: tuple[int, ...]) -> Sql:
    """Of the trace itself, or of its session as a whole: then it is kept with one of the session's traces."""
    wanted = [
        Sql("a.kind = ?", (str(comparison.entity),)),
        Sql("a.name = ?", (comparison.key,)),
        Sql("a.valid = 1"),
    ]
    if comparison.op not in NULLS:
        wanted.append(_judged(database, comparison))
    own = exists(select("1", "assessments a", Sql("a.trace_id = t.id"), *wanted))
    of_session = select(
        "m.value",
        "assessments a JOIN traces o ON o.id = a.trace_id "
        "JOIN trace_metadata m ON m.trace_id = o.id AND m.key = 'mlflow.trace.session'",
        *wanted,
        Sql("instr(a.metadata, ?) > 0" if database == SQLITE else "strpos(a.metadata, ?) > 0",
            (f'"{keys.SESSION}":',)),
        one_of(database, "o.experiment_id", experiments),
    )  # fmt: skip
    session = select("1", "trace_metadata w", Sql("w.trace_id = t.id"), Sql("w.key = ?", (keys.SESSION,)))
    covered = exists(joined(" ", (session, Sql(f"AND w.value IN ({of_session.text})", of_session.values))))
    holds = either(own, covered)
    return Sql(f"NOT {holds.text}", holds.values) if comparison.op == "IS NULL" else holds


def _judged(database: str, comparison: Comparison) -> Sql:
    """Values are JSON: a string is compared without its quotes, everything else as it is written."""
    if comparison.op in _RANGED:
        of_number = compare(database, "a.number", comparison.op, comparison.value)
        return Sql(f"a.numeric = 1 AND {of_number.text}", of_number.values)
    if comparison.op in ("=", "!="):
        written = (comparison.value, json.dumps(comparison.value))
        same = Sql("a.value IN (?, ?)", written)
        return same if comparison.op == "=" else Sql(f"NOT ({same.text})", same.values)
    return _compare(database, "trim(a.value, '\"')", comparison)


def _span(database: str, comparison: Comparison) -> Sql:
    if not comparison.key.startswith("attributes."):
        return _compare(database, _SPAN_COLUMNS[comparison.key], comparison)
    name, op, value = comparison.key.removeprefix("attributes.").strip("`"), comparison.op, comparison.value
    if op in ("LIKE", "ILIKE"):
        return compare(database, "s.content", op, f'%"{name}"{value}%')
    if op == "RLIKE":
        inner = Comparison(comparison.entity, "content", op, _pattern(name, str(value)))
        return _compare(database, "s.content", inner)
    wanted = value if isinstance(value, tuple) else (str(value),)
    position = "instr" if database == SQLITE else "strpos"
    # An attribute's value is JSON text inside of JSON.
    written = [json.dumps(json.dumps(one, ensure_ascii=False), ensure_ascii=False) for one in wanted]
    found = [Sql(f"{position}(s.content, ?) > 0", (f'"{name}": {text}',)) for text in written]
    among = joined(" OR ", found)
    if op in ("=", "IN"):
        return Sql(f"({among.text})", among.values)
    return Sql(f"({position}(s.content, ?) > 0 AND NOT ({among.text}))", (f'"{name}": ', *among.values))


def _pattern(name: str, pattern: str) -> str:
    """A pattern for an attribute's text value as a pattern for the span's content."""
    start = '"\\\\"' if pattern.startswith("^") else '"\\\\".*'
    end = '\\\\"' if pattern.endswith("$") and not pattern.endswith("\\$") else ""
    return f'"{re.escape(name)}": {start}{pattern.removeprefix("^").removesuffix("$" if end else "")}{end}'


def _compare(database: str, column: str, comparison: Comparison) -> Sql:
    if comparison.op == "RLIKE":
        operator = "REGEXP" if database == SQLITE else "~"
        return Sql(f"{column} {operator} ?", (comparison.value,))
    return compare(database, column, comparison.op, comparison.value)
