import pytest

from trackstack.server.artifacts.errors import InvalidLocationError
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.references import (
    LoggedModelReference,
    Reference,
    RunReference,
    VersionReference,
    parse_reference,
)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("runs:/0a1b/model", RunReference("0a1b", ArtifactPath(("model",)))),
        ("runs:/0a1b", RunReference("0a1b", ArtifactPath())),
        ("runs:/0a1b/a/b/", RunReference("0a1b", ArtifactPath(("a", "b")))),
        ("models:/m-0a1b", LoggedModelReference("m-0a1b", ArtifactPath())),
        ("models:/m-0a1b/x", LoggedModelReference("m-0a1b", ArtifactPath(("x",)))),
        ("models:/iris net/3", VersionReference("iris net", 3, None)),
        ("models:/iris@champion", VersionReference("iris", None, "champion")),
    ],
)
def test_a_reference_is_read_into_its_parts(text: str, reference: Reference) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize("text", ["mlflow-artifacts:/1", "s3://b/p", "/etc", ""])
def test_other_schemes_are_no_references(text: str) -> None:
    assert parse_reference(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "runs:/",
        "runs://h/r/m",
        "RUNS:/../x",
        "runs:/r/../../x",
        "runs:/r/..%2f..%2fx",
        "runs:/r/m#/../x",
        "models:/",
        "models://h/N/1",
        "models:/N/0",
        "models:/N/01",
        "models:/N/1/../../x",
        "models:/N/-1",
        "models:/%4e/1",
        "models:/m-1/../x",
        "models:/N/99999999999999999999",
    ],
)
def test_a_broken_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidLocationError):
        parse_reference(text)
