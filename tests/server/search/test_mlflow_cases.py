"""MLflow 3.17.2's own answers (mlflow_cases.txt: text -> what its parsers made of it), line by line."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from trackstack.server.errors import ApiError
from trackstack.server.search import filters, orders
from trackstack.server.search.kinds import EXPERIMENTS, MODEL_VERSIONS, REGISTERED_MODELS, RUNS
from trackstack.server.search.kinds_of_3 import LOGGED_MODELS, TRACES
from trackstack.server.search.rules import Kind
from trackstack.server.search.tree import Value

KINDS = {
    "": RUNS,
    "order": RUNS,
    "exp": EXPERIMENTS,
    "rm": REGISTERED_MODELS,
    "mv": MODEL_VERSIONS,
    "tr": TRACES,
    "lm": LOGGED_MODELS,
}
# MLflow's parser lets these through and its store refuses them.
REFUSED_LATER = {
    "params.a == 'x'": "Invalid comparator '==' not one of",
    "params.a <> 'x'": "Invalid comparator '<>' not one of",
    "params.a > 'x'": "Invalid comparator '>' not one of",
}
CRASHES = {"ValueError not enough values to unpack (expected 3, got 2)": "Invalid comparator 'IS NULL'"}
MODEL_COMPARISON = re.compile(r"Comparison\(entity=(\w+)\.(.+?), op='(.+?)', value=(.+)\)$")
SETS = re.compile(r"\{'.*")


@dataclass
class Case:
    kind: Kind
    text: str
    orders: bool
    answer: str
    rejected: bool


def cases() -> Iterator[object]:
    section = ""
    lines = (Path(__file__).parent / "mlflow_cases.txt").read_text().splitlines()
    for line in lines[2:]:
        if line.startswith("--"):
            section = line[2:]
            continue
        separator = " !! " if " !! " in line else " -> "
        text, _, answer = line.partition(separator)
        is_order = section == "order" or answer.startswith("(") or "order" in answer
        case = Case(KINDS[section], ast.literal_eval(text), is_order, answer, separator == " !! ")
        yield pytest.param(case, id=f"{section}:{case.text}")


def parse(case: Case) -> list[tuple[object, ...]]:
    if case.orders:
        return [(o.entity, o.key, o.ascending) for o in orders.parse([case.text], case.kind)]
    return [(c.entity, c.key, c.op, c.value) for c in filters.parse(case.text, case.kind)]


def expected(case: Case) -> list[tuple[object, ...]]:
    """MLflow's answer in our words: aliases resolved, operators in capitals, numbers as numbers."""
    if case.kind is LOGGED_MODELS:
        return [model_comparison(text) for text in case.answer[1:-1].split(", Comparison")]
    answer = ast.literal_eval(case.answer)
    aliases = {"created": "start_time", "Created": "start_time", "run name": "run_name"}
    if case.orders:
        entity, key, ascending = answer if len(answer) == 3 else ("attribute", *answer)
        return [(entity, aliases.get(key, key), ascending)]
    return [
        (
            item["type"],
            aliases.get(item["key"], item["key"]),
            item["comparator"].upper(),
            as_number(item["value"])
            if item["type"] == "metric" or item["key"] == "version_number"
            else item["value"],
        )
        for item in answer
    ]


def model_comparison(text: str) -> tuple[object, ...]:
    found = MODEL_COMPARISON.match(text)
    assert found
    written, key, op, value = found.groups()
    entity = {"attributes": "attribute", "metrics": "metric", "params": "parameter", "tags": "tag"}[written]
    return (entity, key, op, ast.literal_eval(value))


def as_number(value: Value) -> float:
    assert isinstance(value, str | int | float)
    return float(value)


@pytest.mark.parametrize("case", list(cases()))
def test_every_filter_and_order_is_read_as_mlflow_reads_it(case: Case) -> None:
    if not case.rejected and case.text not in REFUSED_LATER:
        assert parse(case) == expected(case)
        return
    with pytest.raises(ApiError) as error:
        parse(case)
    head = case.answer.removeprefix("MlflowException ")
    head = CRASHES.get(head, REFUSED_LATER.get(case.text, head))
    # MLflow prints sets in an order that changes from run to run, so those are compared up to the brace.
    assert error.value.message.startswith(SETS.sub("", head))
    assert (error.value.code, error.value.status) == ("INVALID_PARAMETER_VALUE", 400)
