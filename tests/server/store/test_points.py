"""A list of points that is made piece by piece is the one that is made at once."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from trackstack.server.store.entities import MetricPoint
from trackstack.server.store.points import Points

numbers = st.integers(-(2**63), 2**63 - 1)
values = st.none() | st.floats(allow_nan=False, allow_infinity=False)
rows = st.lists(st.tuples(values, numbers, numbers), max_size=5)
runs = st.none() | st.text(min_size=1)
pieces = st.lists(st.tuples(st.text(), rows, runs), max_size=5)


@given(pieces)
def test_pieces_join_to_the_list_of_all_their_points(
    pieces: list[tuple[str, list[tuple[float, int, int]], str | None]],
) -> None:
    points = Points()
    expected = []
    for key, piece, run in pieces:
        points.add(key, piece, run)
        expected += [MetricPoint(key, "NaN" if v is None else v, t, s, run) for v, t, s in piece]

    assert msgspec.json.encode(points.json) == msgspec.json.encode(expected)
    assert points.count == len(expected)


@given(pieces, pieces)
def test_a_list_goes_on_with_another(
    some: list[tuple[str, list[tuple[float, int, int]], str | None]],
    more: list[tuple[str, list[tuple[float, int, int]], str | None]],
) -> None:
    one, other, all_ = Points(), Points(), Points()
    for part, lists in ((some, (one, all_)), (more, (other, all_))):
        for piece in part:
            for points in lists:
                points.add(*piece)

    one.extend(other)

    assert (msgspec.json.encode(one.json), one.count) == (msgspec.json.encode(all_.json), all_.count)
