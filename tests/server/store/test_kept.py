"""What is kept is given for its own revision only, and takes no more memory than it may."""

from hypothesis import given
from hypothesis import strategies as st

from trackstack.server.store.kept import Kept, Revision
from trackstack.server.store.points import Points

MOST = 8000

metrics = st.sampled_from("abcd")
revisions = st.builds(Revision, st.integers(1, 2), st.integers(0, 2))


def points(many: int) -> Points:
    made = Points()
    made.add("m", [(0.0, 0, step) for step in range(many)])
    return made


@given(st.lists(st.tuples(metrics, revisions, st.none() | st.integers(0, 60))))
def test_it_gives_what_was_kept_last_at_that_revision_or_nothing(
    steps: list[tuple[str, Revision, int | None]],
) -> None:
    kept = Kept(MOST)
    last: dict[str, tuple[Revision, Points]] = {}
    for metric, revision, many in steps:
        if many is None:
            assert kept.get(metric, revision) in (None, last.get(metric, (None, None))[1])
            if metric in last and last[metric][0] != revision:
                assert kept.get(metric, revision) is None
        else:
            last[metric] = revision, points(many)
            kept.put(metric, *last[metric])

        held = [made for metric, (of, made) in last.items() if kept.get(metric, of) is made]
        assert sum(made.size for made in held) <= MOST


def test_what_was_asked_for_longest_ago_makes_room() -> None:
    kept, revision = Kept(MOST), Revision(1, 1)
    made = points(20)
    most = MOST // (made.size + 500)
    for name in range(most):
        kept.put(name, revision, made)

    kept.get(0, revision)
    kept.put(most, revision, made)

    assert [name for name in range(most + 1) if kept.get(name, revision) is None] == [1]


def test_what_would_take_most_of_the_room_is_not_kept_nor_what_it_replaces() -> None:
    kept = Kept(MOST)
    kept.put("m", Revision(1, 1), points(1))

    kept.put("m", Revision(1, 2), points(200))

    assert kept.get("m", Revision(1, 1)) is None
    assert kept.get("m", Revision(1, 2)) is None
