"""Property paths as Pulumi reads and writes them."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackstack.engine import paths
from trackstack.engine.values import is_secret, secret

READ = {
    "root": ("root",),
    "root.nested": ("root", "nested"),
    'root["nested"]': ("root", "nested"),
    "root.array[0][1].nested": ("root", "array", 0, 1, "nested"),
    'root["key with \\"quotes\\""]': ("root", 'key with "quotes"'),
    '["root key with a ."][100]': ("root key with a .", 100),
    "root.array[*].field": ("root", "array", "*", "field"),
    "foo-bar": ("foo-bar",),
    "*": ("*",),
}


@pytest.mark.parametrize(("text", "path"), READ.items(), ids=list(READ))
def test_a_path_is_read(text: str, path: paths.Path) -> None:
    assert paths.parse(text) == path


@pytest.mark.parametrize("text", [".root", "root.", "root[0", 'root["nested', "root[x]", 'root["a"x]'])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="property path"):
        paths.parse(text)


@given(st.lists(st.text(min_size=1) | st.integers(0, 99), min_size=1).map(tuple))
def test_a_written_path_is_read_as_it_was(path: paths.Path) -> None:
    plain = tuple("x" + e.replace("\\", "/") if isinstance(e, str) else e for e in path)

    assert paths.parse(paths.render(plain)) == plain


@pytest.mark.parametrize(
    ("pattern", "path", "inside"),
    [
        ("foo.bar[1]", "foo.bar[1].baz", True),
        ("foo.*.baz", "foo.bar.baz.bam", True),
        ("*", "anything[3]", True),
        ("foo.bar", "foo", False),
        ("foo[1]", "foo[2]", False),
        ("foo[1]", 'foo["1"]', False),
    ],
)
def test_a_path_contains_what_lies_below_it(pattern: str, path: str, inside: bool) -> None:
    assert paths.contains(paths.parse(pattern), paths.parse(path)) is inside


@pytest.mark.parametrize(
    ("path", "old", "new", "after"),
    [
        ("a", {"a": 1}, {"a": 2}, {"a": 1}),
        ("a", {}, {"a": 2}, {}),
        ("a.b", {"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, {"a": {"b": 1, "c": 3}}),
        ("a.b", {"a": {"b": 1}}, {}, None),
        ("a.b", {}, {}, {}),
        ("a[1]", {"a": [1, 2]}, {"a": [3, 4]}, {"a": [3, 2]}),
        ("a[1]", {"a": [1]}, {"a": [3, 4]}, None),
        ("a[*].b", {"a": [{"b": 1}]}, {"a": [{"b": 2, "c": 1}]}, {"a": [{"b": 1, "c": 1}]}),
        ("a[*]", {"a": [1, 2]}, {"a": [3]}, None),
        ("*", {"a": 1}, {"b": 2}, {"a": 1}),
        ("a.b", {"a": 1}, {"a": {"b": 2}}, {"a": {}}),
    ],
)
def test_a_value_is_set_back_where_that_can_be_done(
    path: str, old: dict[str, Any], new: dict[str, Any], after: dict[str, Any] | None
) -> None:
    before = copy.deepcopy(new)
    done = paths.reset(paths.parse(path), old, new)

    assert done is (after is not None)
    assert after is None or new == after
    assert done or path == "a[*]" or new == before


def test_a_value_that_was_secret_is_set_back_as_a_secret() -> None:
    new = {"a": {"b": 2}}
    paths.reset(("a", "b"), {"a": secret({"b": 1})}, new)

    assert is_secret(new["a"]["b"])
