"""Issues of an experiment: fields, masks, searches; the same issues as MLflow's."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from databricks.sdk.errors import AlreadyExists, BadRequest, NotFound
from databricks.sdk.service import ml
from databricks.sdk.service.ml import Issue, IssueSeverity, IssueStatus
from google.protobuf.timestamp_pb2 import Timestamp
from tests.server.databricks.conftest import mask
from tests.server.error_shapes import assert_mlflow_error

LOW, MEDIUM, HIGH = IssueSeverity.LOW, IssueSeverity.MEDIUM, IssueSeverity.HIGH


@pytest.fixture
def parent(experiment: str) -> str:
    return f"experiments/{experiment}"


def seen(day: int) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(datetime(2026, 1, day, tzinfo=UTC))
    return made


def titles(api: ml.ExperimentsAPI, parent: str, **asked: Any) -> list[str]:
    return [one.title for one in api.search_issues(parent, **asked)]


def test_an_issue_keeps_every_field(experiments: ml.ExperimentsAPI, experiment: str, parent: str) -> None:
    run = experiments.create_run(experiment_id=experiment, start_time=1).run
    assert run and run.info
    given = Issue(
        "Wrong answers",
        HIGH,
        categories=[" Quality ", "latency"],
        description="**bad**",
        last_seen_time=seen(2),
        metadata={"model": "m"},
        source_id=run.info.run_id,
        source_type=ml.IssueSourceType.SCHEDULED_RUN,
        status=IssueStatus.RESOLVED,
        tags={"team": "search"},
    )

    made = experiments.create_issue(parent, given)
    found = experiments.get_issue(str(made.name))

    assert found == made
    assert made.name == f"{parent}/issues/{made.issue_id}"
    assert (made.title, made.severity, made.status) == ("Wrong answers", HIGH, IssueStatus.RESOLVED)
    assert (made.categories, made.description) == (["Quality", "latency"], "**bad**")
    assert (made.metadata, made.tags) == ({"model": "m"}, {"team": "search"})
    assert (made.source_type, made.source_id) == (given.source_type, given.source_id)
    assert made.last_seen_time == seen(2)
    assert made.created_by and made.created_by == made.last_updated_by
    assert made.create_time == made.update_time


def test_a_manual_issue_was_last_seen_when_it_was_made(experiments: ml.ExperimentsAPI, parent: str) -> None:
    made = experiments.create_issue(parent, Issue("t", LOW))

    assert made.source_type is ml.IssueSourceType.MANUAL
    assert made.last_seen_time == made.create_time


def test_an_id_is_taken_once(experiments: ml.ExperimentsAPI, parent: str, name: str) -> None:
    chosen = f"iss-{name.removeprefix('x-'):0>32}"
    experiments.create_issue(parent, Issue("t", LOW), issue_id=chosen)

    with pytest.raises(AlreadyExists):
        experiments.create_issue(parent, Issue("t", LOW), issue_id=chosen)


def test_an_update_changes_what_its_mask_names(experiments: ml.ExperimentsAPI, parent: str) -> None:
    given = Issue("t", LOW, description="d", tags={"a": "b"}, metadata={"k": "v", "l": "w"})
    old = experiments.create_issue(parent, given)
    change = Issue("new", HIGH, metadata={"k": "x", "ignored": "y"}, categories=["c"], last_seen_time=seen(3))
    paths = ["title", "description", "tags", "metadata.k", "metadata.l", "categories", "last_seen_time"]

    experiments.update_issue(str(old.name), change, mask(*paths))
    found = experiments.get_issue(str(old.name))

    assert (found.title, found.severity) == ("new", LOW)
    assert not found.description and not found.tags
    assert (found.metadata, found.categories) == ({"k": "x"}, ["c"])
    assert found.last_seen_time == seen(3)
    experiments.update_issue(str(old.name), Issue("", LOW), mask("last_seen_time"))
    assert experiments.get_issue(str(old.name)).last_seen_time == old.create_time


@pytest.mark.parametrize(
    "path", ["title", "status", "severity", "metadata", "metadata.", "name", "create_time", "nonsense"]
)
def test_a_mask_is_refused_whole(
    experiments: ml.ExperimentsAPI, client: httpx.Client, parent: str, path: str
) -> None:
    made = experiments.create_issue(parent, Issue("t", LOW, description="d"))

    reply = client.patch(
        f"/api/2.0/mlflow/{made.name}", params={"update_mask": f"description,{path}"}, json={"title": ""}
    )

    assert_mlflow_error(reply, 400, "INVALID_PARAMETER_VALUE")
    assert experiments.get_issue(str(made.name)).description == "d"


def test_what_a_run_found_keeps_a_time(experiments: ml.ExperimentsAPI, experiment: str, parent: str) -> None:
    run = experiments.create_run(experiment_id=experiment, start_time=1).run
    assert run and run.info
    found = Issue("t", LOW, source_type=ml.IssueSourceType.ADHOC_RUN, source_id=run.info.run_id)
    with pytest.raises(BadRequest, match="last_seen_time is required"):
        experiments.create_issue(parent, found)
    found.last_seen_time = seen(1)
    made = experiments.create_issue(parent, found)

    with pytest.raises(BadRequest, match="last_seen_time is required"):
        experiments.update_issue(str(made.name), Issue("t", LOW), mask("last_seen_time"))


def test_a_source_run_is_one_of_the_experiments(
    experiments: ml.ExperimentsAPI, parent: str, name: str
) -> None:
    other = experiments.create_experiment(f"{name}-other").experiment_id
    run = experiments.create_run(experiment_id=other, start_time=1).run
    for id_ in ("nonsense", str(run and run.info and run.info.run_id)):
        issue = Issue(
            "t", LOW, source_type=ml.IssueSourceType.ADHOC_RUN, source_id=id_, last_seen_time=seen(1)
        )
        with pytest.raises(BadRequest, match="has no run"):
            experiments.create_issue(parent, issue)


def test_an_issue_is_found_in_its_experiment_only(
    experiments: ml.ExperimentsAPI, parent: str, name: str
) -> None:
    made = experiments.create_issue(parent, Issue("t", LOW))
    other = f"experiments/{experiments.create_experiment(f'{name}-other').experiment_id}"

    with pytest.raises(NotFound):
        experiments.get_issue(f"{other}/issues/{made.issue_id}")
    with pytest.raises(NotFound):
        experiments.update_issue(f"{other}/issues/{made.issue_id}", made, mask("title"))
    assert titles(experiments, other) == []
    with pytest.raises(NotFound):
        titles(experiments, "experiments/99999999")


@pytest.fixture
def several(experiments: ml.ExperimentsAPI, parent: str) -> str:
    """An experiment with five issues."""
    for issue in (
        Issue("Slow answers", LOW, categories=["Latency"], tags={"team": "a"}, last_seen_time=seen(5)),
        Issue("WRONG answers", HIGH, categories=["Quality"], tags={"team": "b"}, last_seen_time=seen(1)),
        Issue("Rude answers", HIGH, categories=["quality", "tone"], last_seen_time=seen(2)),
        Issue("No answers", MEDIUM, status=IssueStatus.RESOLVED, last_seen_time=seen(3)),
        Issue("Odd answers", HIGH, status=IssueStatus.REJECTED, tags={"team": "a", "x": "y"}),
    ):
        experiments.create_issue(parent, issue)
    return parent


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["Rude", "WRONG", "Slow", "No", "Odd"]),
        ({"sort_order": ml.SortOrder.ASCENDING}, ["Slow", "WRONG", "Rude", "No", "Odd"]),
        ({"sort_key": ml.IssueSortKey.CREATE_TIME}, ["Rude", "WRONG", "Slow", "No", "Odd"]),
        ({"sort_key": ml.IssueSortKey.UPDATE_TIME}, ["Rude", "WRONG", "Slow", "No", "Odd"]),
        ({"sort_key": ml.IssueSortKey.LAST_SEEN_TIME}, ["Slow", "Rude", "WRONG", "No", "Odd"]),
        ({"query": "wrong"}, ["WRONG"]),
        ({"query": "%"}, []),
        ({"severities": [LOW, MEDIUM]}, ["Slow", "No"]),
        ({"statuses": [IssueStatus.RESOLVED, IssueStatus.REJECTED]}, ["No", "Odd"]),
        ({"severities": [HIGH], "statuses": [IssueStatus.REJECTED]}, ["Odd"]),
        ({"categories": ["QUALITY"]}, ["Rude", "WRONG"]),
        ({"categories": ["tone", "latency"]}, ["Rude", "Slow"]),
        ({"tag_filters": [ml.IssueTagFilter("team")]}, ["WRONG", "Slow", "Odd"]),
        ({"tag_filters": [ml.IssueTagFilter("team", ["a", "c"])]}, ["Slow", "Odd"]),
        ({"tag_filters": [ml.IssueTagFilter("team", ["a"]), ml.IssueTagFilter("x")]}, ["Odd"]),
    ],
    ids=lambda asked: "+".join(asked) if isinstance(asked, dict) else None,
)
def test_a_search_finds_and_sorts(
    experiments: ml.ExperimentsAPI, several: str, asked: dict[str, Any], expected: list[str]
) -> None:
    found = titles(experiments, several, **asked)

    assert [title.removesuffix(" answers") for title in found] == expected
    assert titles(experiments, several, page_size=1, **asked) == found


def test_only_the_full_view_has_descriptions(experiments: ml.ExperimentsAPI, parent: str) -> None:
    experiments.create_issue(parent, Issue("t", LOW, description="long"))

    [basic] = experiments.search_issues(parent)
    [full] = experiments.search_issues(parent, view=ml.IssueView.FULL)

    assert (basic.description, full.description) == (None, "long")


def test_pages_are_of_20_and_100_at_most_and_tell_how_many_there_are(
    client: httpx.Client, experiment: str
) -> None:
    base = f"/api/2.0/mlflow/experiments/{experiment}/issues"
    for at in range(101):
        client.post(base, json={"title": f"t{at}", "severity": "LOW"}).raise_for_status()

    for size, expected in ((None, 20), (1000, 100), (100, 100), (7, 7)):
        page = client.post(f"{base}:search", json={} if size is None else {"page_size": size}).json()
        assert (len(page["issues"]), page["total_size"]) == (expected, 101)
    token = page["next_page_token"]
    other = client.post(f"{base}:search", json={"query": "t", "page_token": token})
    assert other.status_code == 400 and "page_token" in other.text
    assert client.post(f"{base}:search", json={"view": "FULL", "page_token": token}).status_code == 200


def test_issues_are_mlflows(experiments: ml.ExperimentsAPI, client: httpx.Client, experiment: str) -> None:
    made = experiments.create_issue(
        f"experiments/{experiment}", Issue("t", HIGH, description="d", categories=["c"])
    )
    path = f"/api/3.0/mlflow/issues/{made.issue_id}"
    found = client.get(path).json()["issue"]
    assert (found["name"], found["severity"], found["status"]) == ("t", "high", "pending")
    assert (found["description"], found["categories"]) == ("d", ["c"])

    client.patch(path, json={"status": "resolved"}).raise_for_status()
    assert experiments.get_issue(str(made.name)).status is IssueStatus.RESOLVED
    fields = {"experiment_id": experiment, "name": "of MLflow", "description": "d"}
    of_mlflow = client.post("/api/3.0/mlflow/issues", json=fields).json()["issue"]["issue_id"]
    seen_here = experiments.get_issue(f"experiments/{experiment}/issues/{of_mlflow}")
    assert (seen_here.title, seen_here.as_dict().get("severity")) == ("of MLflow", None)
    assert seen_here.source_type is ml.IssueSourceType.MANUAL
