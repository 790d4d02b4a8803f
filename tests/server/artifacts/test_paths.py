import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.server.artifacts.catalogue import LEGAL_PATHS, REFUSED_FILES, REFUSED_PATHS

from trackstack.server.artifacts.errors import InvalidPathError
from trackstack.server.artifacts.paths import ArtifactPath


@pytest.mark.parametrize("text", REFUSED_PATHS + REFUSED_FILES, ids=ascii)
def test_a_path_that_could_mean_another_place_is_refused(text: str) -> None:
    with pytest.raises(InvalidPathError, match=r"^Invalid path$"):
        ArtifactPath.parse(text)


@pytest.mark.parametrize("text", REFUSED_PATHS, ids=ascii)
def test_a_folder_to_list_follows_the_same_rules(text: str) -> None:
    with pytest.raises(InvalidPathError):
        ArtifactPath.parse_folder(text)


@pytest.mark.parametrize("text", LEGAL_PATHS, ids=ascii)
def test_a_legal_path_is_kept_as_it_was_written(text: str) -> None:
    assert str(ArtifactPath.parse(text)) == text


def test_a_folder_may_be_the_root_and_end_in_a_slash() -> None:
    assert ArtifactPath.parse_folder("") == ArtifactPath()
    assert ArtifactPath.parse_folder("a/b/") == ArtifactPath(("a", "b"))


def test_joining_cannot_grow_a_path_beyond_its_limits() -> None:
    long = ArtifactPath(tuple("d" for _ in range(100)))
    with pytest.raises(InvalidPathError):
        long / long


def test_a_path_lies_within_its_folders_only() -> None:
    path = ArtifactPath.parse("1/run/artifacts/a")
    assert path.within(ArtifactPath.parse("1/run"))
    assert not path.within(ArtifactPath.parse("1/ru"))


_DOTS = [".", "..", "%2e", "%252e", "\uff0e", "\u3002", "\u2024"]
_PIECES = [*_DOTS, "/", "//", "\\", "%2f", "%252f", "%5c", "\u2215", "\u2044", "\uff0f", ";", "?", "#", "%3f"]
_PIECES += ["%23", "%00", "\x00", " ", "\u200b", "\u202e", "a", "b", "etc", "file:", "C:", "%", "25", "ü"]


@settings(max_examples=2000, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))
def test_no_mixture_of_encodings_leaves_the_root(text: str) -> None:
    try:
        path = ArtifactPath.parse(text)
    except InvalidPathError:
        return
    assert str(path) == text
    assert path.parts
    assert not any(part in ("", ".", "..") or "\x00" in part or "\\" in part for part in path.parts)


def test_the_longest_paths_are_refused_too() -> None:
    worst = ["%" + "25" * 2047, "\uff0e\u200b" * 2048, "../" * 1365, "%2e" * 1365]
    for text in worst:
        with pytest.raises(InvalidPathError):
            ArtifactPath.parse(text)
