"""Figures over traces, spans and assessments: counted, summed, averaged, by time and by what they share."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trackstack.server.errors import ApiError, invalid
from trackstack.server.search.clauses import split
from trackstack.server.search.filters import check_text
from trackstack.server.search.lexer import Lexeme, tokenize
from trackstack.server.search.sql import Sql, exists, joined, one_of, run, select
from trackstack.server.search.trace_conditions import either
from trackstack.server.store.traces import keys
from trackstack.server.store.transaction import Transaction

COUNTS = ("COUNT",)
RANGES = ("AVG", "MIN", "MAX", "PERCENTILE")
SUMS = ("SUM", *RANGES)


@dataclass(frozen=True, slots=True)
class Metric:
    """What one figure is about: the value, how it may be aggregated, and what may group it."""

    value: str
    aggregations: tuple[str, ...]
    dimensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """What is counted: rows with their trace `t`; `at` is their time in milliseconds."""

    tables: str
    at: str
    metrics: Mapping[str, Metric]
    columns: Mapping[str, str]  # of dimensions
    named: Mapping[str, str]  # what a filter may compare, beside the trace


def _kept(table: str, key: str) -> str:
    return f"(SELECT v.value FROM {table} v WHERE v.trace_id = t.id AND v.key = '{key}')"  # noqa: S608 - ours


def _number(key: str) -> Metric:
    return Metric(_kept("trace_numbers", key), SUMS, ("trace_name",))


_MODELS = ("span_model_name", "span_model_provider")
VIEWS = {
    "TRACES": View(
        "traces t",
        "t.started_at",
        {
            "trace_count": Metric("t.id", COUNTS, ("trace_name", "trace_status")),
            "session_count": Metric(f"DISTINCT {_kept('trace_metadata', keys.SESSION)}", COUNTS),
            "latency": Metric("t.duration", RANGES, ("trace_name",)),
            **{key: _number(key) for key in keys.TOKEN_KEYS[:5]},
        },
        {"trace_name": _kept("trace_tags", keys.NAME), "trace_status": "t.state"},
        {},
    ),
    "SPANS": View(
        "traces t JOIN spans s ON s.trace_id = t.id",
        "(s.started_at / 1000000)",
        {
            "span_count": Metric("s.span_id", COUNTS, ("span_name", "span_type", "span_status", *_MODELS)),
            "latency": Metric(
                "((s.ended_at - s.started_at) / 1000000)", RANGES, ("span_name", "span_status")
            ),
            **{key: Metric(f"s.{key}", SUMS, _MODELS) for key in keys.COST_KEYS},
        },
        {
            "span_name": "s.name",
            "span_type": "s.type",
            "span_status": "s.status",
            "span_model_name": "s.model_name",
            "span_model_provider": "s.model_provider",
        },
        {"span.name": "s.name", "span.status": "s.status", "span.type": "s.type"},
    ),
    "ASSESSMENTS": View(
        "traces t JOIN assessments a ON a.trace_id = t.id AND a.valid = 1",
        "t.started_at",
        {
            "assessment_count": Metric("a.id", COUNTS, ("assessment_name", "assessment_value")),
            "assessment_value": Metric("a.number", RANGES, ("assessment_name",)),
        },
        {"assessment_name": "a.name", "assessment_value": "a.value"},
        {"assessment.name": "a.name", "assessment.type": "a.kind"},
    ),
}


@dataclass(frozen=True, slots=True)
class Aggregation:
    """COUNT, SUM, AVG, MIN, MAX, or PERCENTILE with its number from 0 to 100."""

    name: str
    percentile: float = 0

    @property
    def label(self) -> str:
        return f"P{self.percentile}" if self.name == "PERCENTILE" else self.name


@dataclass(frozen=True, slots=True)
class MetricSearch:
    """What is asked; made by the request's handler, checked by `check`. Times in milliseconds."""

    experiments: tuple[int, ...]
    view: str
    metric: str
    aggregations: tuple[Aggregation, ...]
    dimensions: tuple[str, ...]
    filters: tuple[str, ...]
    interval: int | None
    start: int | None
    end: int | None
    most: int


@dataclass(frozen=True, slots=True)
class Point:
    """A group's figures; `bucket` is the time at which it begins."""

    bucket: int | None
    dimensions: dict[str, str]
    values: dict[str, float]


def check(search: MetricSearch) -> None:
    """Raises ApiError, in MLflow's words, for figures that there are not."""
    view = VIEWS[search.view]
    metric = view.metrics.get(search.metric)
    if metric is None:
        raise invalid(f"metric_name must be one of {list(view.metrics)}, got '{search.metric}'")
    if wrong := {one.name for one in search.aggregations} - set(metric.aggregations):
        raise invalid(
            f"Found invalid aggregation_type(s): {sorted(wrong)}. "
            f"Supported aggregation types: {sorted(metric.aggregations)}"
        )
    if wrong := set(search.dimensions) - set(metric.dimensions):
        raise invalid(
            f"Found invalid dimension(s): {sorted(wrong)}. Supported dimensions: {sorted(metric.dimensions)}"
        )
    if search.interval and (search.start is None or search.end is None):
        raise invalid("start_time_ms and end_time_ms are required if time_interval_seconds is set")


def find(tx: Transaction, search: MetricSearch) -> list[Point]:
    """The groups in the order of their times and dimensions; those without a value are left out."""
    if not search.experiments:
        return []
    view = VIEWS[search.view]
    grouping = [Sql(f"({view.at} / ?) * ?", (search.interval, search.interval))] if search.interval else []
    grouping += [Sql(view.columns[name]) for name in search.dimensions]
    value = view.metrics[search.metric].value
    rows = _rows(tx, search, view, grouping, value)
    names = [f"g{at}" for at in range(len(grouping))]
    figures = [_figure(one) for one in search.aggregations]
    text = ", ".join((*names, *(figure.text for figure in figures)))
    values = tuple(value for figure in figures for value in figure.values)
    found = Sql(f"SELECT {text} FROM ({rows.text}) q", values)  # noqa: S608 - our own texts, values bound
    by = f"GROUP BY {', '.join(names)} ORDER BY {', '.join(names)} " if names else ""
    page = Sql(f"{by}LIMIT ?", (search.most,))
    return [
        point
        for row in run(tx, Sql(f"{found.text} {page.text}", (*found.values, *rows.values, *page.values)))
        if (point := _point(search, row)).values
    ]


def _rows(tx: Transaction, search: MetricSearch, view: View, grouping: list[Sql], value: str) -> Sql:
    """One row a thing that counts: its groups, its value, and its rank among its group's."""
    conditions = [one_of(tx.database, "t.experiment_id", search.experiments)]
    if search.start is not None:
        conditions.append(Sql(f"{view.at} >= ?", (search.start,)))
    if search.end is not None:
        conditions.append(Sql(f"{view.at} <= ?", (search.end,)))
    conditions += [_filter(text, view) for text in search.filters]
    plain = value.removeprefix("DISTINCT ")
    columns = joined(
        ", ", [Sql(f"{g.text} AS g{at}", g.values) for at, g in enumerate(grouping)] + [Sql(f"{plain} AS v")]
    )
    inner = Sql(
        select(columns.text, view.tables, *conditions).text,
        (*columns.values, *(v for condition in conditions for v in condition.values)),
    )
    names = [f"g{at}" for at in range(len(grouping))]
    there = " AND ".join(f"{name} IS NOT NULL" for name in ("v", *names))
    over = f"PARTITION BY {', '.join(names)}" if names else ""
    ranks = (
        f", row_number() OVER ({over} ORDER BY v) AS r, count(*) OVER ({over}) AS n"
        if any(one.name == "PERCENTILE" for one in search.aggregations)
        else ""
    )
    once = "DISTINCT " if plain != value else ""
    columns_ = ", ".join((*names, "v"))
    return Sql(f"SELECT {once}{columns_}{ranks} FROM ({inner.text}) i WHERE {there}", inner.values)  # noqa: S608 - ours


def _figure(one: Aggregation) -> Sql:
    if one.name != "PERCENTILE":
        return Sql(f"{one.name.lower()}(v)")
    # Between the two values next to the wanted place, weighted by how near they are.
    distance = "abs(r - 1 - (n - 1) * CAST(? AS DOUBLE PRECISION))"
    share = one.percentile / 100
    text = f"sum(v * CASE WHEN {distance} < 1 THEN 1 - {distance} ELSE 0 END)"
    return Sql(text, (share, share))


def _point(search: MetricSearch, row: Sequence[Any]) -> Point:
    bucket, rest = (int(row[0]), row[1:]) if search.interval else (None, row)
    dimensions = dict(zip(search.dimensions, map(str, rest), strict=False))
    figures = zip(search.aggregations, rest[len(search.dimensions) :], strict=True)
    return Point(bucket, dimensions, {one.label: float(v) for one, v in figures if v is not None})


_NAME = re.compile(r"(trace\.(?:tag|metadata))\.(.+)", re.DOTALL)


def _filter(text: str, view: View) -> Sql:
    """One comparison with =, of the trace or of what the view counts."""
    check_text(text, "filter")
    clauses, strays = split(list(tokenize(text)))
    if strays or len(clauses) != 1 or clauses[0].right is None:
        raise invalid(f"Invalid filter: '{text[:200]}'. Expected one filter clause.")
    name, right = clauses[0].left.text, clauses[0].right
    if clauses[0].op != "=":
        raise invalid(f"Invalid comparator: '{clauses[0].op}', only '=' operator is supported")
    if right.lexeme is not Lexeme.STRING and not right.text.startswith('"'):
        raise invalid(
            f"Expected a quoted string value for {name} value (e.g. 'my-value'). Got value {right.text}"
        )
    value = right.text[1:-1]
    if name == "trace.status":
        return Sql("t.state = ?", (value,))
    if name in view.named:
        return Sql(f"{view.named[name]} = ?", (value,))
    match = _NAME.fullmatch(name)
    if match is None:
        raise _unknown(name)
    key = match[2].strip("`'\"")
    table = "trace_tags" if match[1] == "trace.tag" else "trace_metadata"
    wanted = Sql("k.trace_id = t.id"), Sql("k.key = ?", (key,)), Sql("k.value = ?", (value,))
    holds = exists(select("1", f"{table} k", *wanted))
    if key == keys.SOURCE_RUN and table == "trace_metadata":
        linked = Sql("l.trace_id = t.id"), Sql("l.run_id = ?", (value,))
        return either(holds, exists(select("1", "trace_runs l", *linked)))
    return holds


def _unknown(name: str) -> ApiError:
    return invalid(
        f"Invalid identifier {name[:200]!r}. Columns should be specified as 'trace.<key>', 'span.<key>', "
        "'assessment.<key>'."
    )
