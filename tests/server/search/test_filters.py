"""Filters: what is written comes out; whatever is written, nothing but an ApiError comes out in its place."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackstack.server.errors import ApiError
from trackstack.server.search import filters, orders
from trackstack.server.search.kinds import EXPERIMENTS, MODEL_VERSIONS, REGISTERED_MODELS, RUNS
from trackstack.server.search.kinds_of_3 import LOGGED_MODELS, TRACES
from trackstack.server.search.tree import Comparison, Entity

KINDS = [RUNS, EXPERIMENTS, REGISTERED_MODELS, MODEL_VERSIONS, LOGGED_MODELS, TRACES]
PIECES = [
    "params",
    ".",
    "a",
    "`",
    "'",
    '"',
    "\\",
    "''",
    " ",
    "=",
    "!=",
    "<",
    "IN",
    "not",
    "is",
    "null",
    "like",
]
PIECES += [
    "(",
    ")",
    ",",
    "1",
    "-1.5e3",
    "and",
    "--",
    "/*",
    "*/",
    ";",
    "\n",
    "é",
    "\ud800",
    "\0",
    "tags",
    "status",
]
KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0`"), min_size=1, max_size=20).filter(
    lambda key: key[0] not in "'\"" or key[-1] != key[0] or len(key) < 2
)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0'\\"), max_size=20)


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.sampled_from(KINDS))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(text: str, kind: object) -> None:
    for parse in (lambda: filters.parse(text, kind), lambda: orders.parse([text], kind)):  # type: ignore[arg-type]
        try:
            parse()
        except ApiError as error:
            assert error.status == 400


@given(st.lists(st.tuples(st.sampled_from(["params", "tags"]), KEYS, st.sampled_from(["=", "LIKE"]), VALUES)))
@settings(deadline=None)
def test_quoted_keys_and_values_come_out_as_they_were_written(parts: list[tuple[str, str, str, str]]) -> None:
    text = " AND ".join(f"{entity}.`{key}` {op} '{value}'" for entity, key, op, value in parts)

    expected = tuple(
        Comparison(Entity.TAG if entity == "tags" else Entity.PARAM, key, op, value)
        for entity, key, op, value in parts
    )
    assert filters.parse(text, RUNS) == expected


@given(st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_out_as_they_were_written(number: float) -> None:
    text = repr(number).replace("e+", "e")  # MLflow's numbers have no plus sign
    assert filters.parse(f"metrics.m = {text}", RUNS)[0].value == number


HOSTILE = {
    "parentheses": "(" * 16384,
    "semicolons": ";" * 16384,
    "spaced semicolons": "; " * 8192,
    "pairs": "()" * 8192,
    "equals": "= " * 8192,
    "closed parentheses": "(" * 8192 + ")" * 8192,
    "comparisons": "params.a='b' " * 1260,
    "ands": "AND " * 4096,
    "quotes": "'" * 16383,
    "escapes": "'" + "\\'" * 8191,
    "backticks": "a.`" * 5461,
    "comments": "/*" * 8192,
    "dashes": "--" * 8192,
    "digits": "1" * 16383 + "a",
    "signed digits": "-" + "1" * 16382 + "a",
    "fraction": "1." + "1" * 16381 + "a",
    "dots": "a." * 8192,
    "operators": "=" * 16384,
    "spaces": " " * 16384,
    "mixed quotes": "'\"`" * 5461,
    "strings": "run_id in (" + "'a'," * 4090 + ")",
    "number": "metrics.a > " + "9" * 16300,
    "exponent": "metrics.a > 1e" + "9" * 16300,
    "words": "a " * 8192,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_sixteen_kibibytes_are_read_or_refused_whatever_they_are(text: str) -> None:
    for kind in (RUNS, LOGGED_MODELS):
        with suppress(ApiError):
            filters.parse(text, kind)


def test_a_filter_too_long_to_read_is_refused() -> None:
    with pytest.raises(ApiError, match="at most 262144"):
        filters.parse("a" * (filters.MAX_CHARACTERS + 1), RUNS)


def test_too_many_comparisons_are_refused() -> None:
    with pytest.raises(ApiError, match="too many comparisons; at most 200"):
        filters.parse("params.a = 'b' AND " * 201, RUNS)


def test_a_string_ends_at_the_last_quote_that_can_end_it() -> None:
    assert filters.parse(r"params.a = 'it\'s'", RUNS)[0].value == r"it\'s"
    assert filters.parse("params.a = 'x\\'", RUNS)[0].value == "x\\"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("run_id = ('a')", "Invalid comparator '='"),
        ("run_id IN (a)", "ill-formed list"),
        ("run_id IN ('a' 'b')", "ill-formed list"),
        ("run_id IN ('a',,'b')", "ill-formed list"),
        ("params.a NOT LIKE 'x'", "Invalid comparator 'NOT LIKE'"),
        ("params.a RLIKE '(a+)+$'", "Invalid comparator 'RLIKE'"),
        ("metrics.a > 'x", "Invalid clause"),
        ("start_time IN ('1')", "Expected numeric value type for numeric attribute: start_time"),
        ("foo.bar = 'x'", "Invalid entity type 'foo'"),
        ("tags.a = 'x'; drop table runs;--", "Invalid clause"),
    ],
)
def test_what_is_not_in_the_grammar_is_refused(text: str, message: str) -> None:
    with pytest.raises(ApiError) as error:
        filters.parse(text, RUNS)
    assert message in error.value.message


def test_keywords_are_read_in_any_case() -> None:
    assert filters.parse("run_id  Not  iN ('a', \"b\",) aNd tags.t is  not  null", RUNS) == (
        Comparison(Entity.ATTRIBUTE, "run_id", "NOT IN", ("a", "b")),
        Comparison(Entity.TAG, "t", "IS NOT NULL", None),
    )
