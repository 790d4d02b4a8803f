"""The same requests, the same answers as MLflow 3.17.2 gave."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from tests.server.conftest import Start
from tests.server.recorded.replay import replay_on
from tests.server.recorded.suites import SUITES, recorded

RECORDED = {suite: recorded(suite) for suite in SUITES}


@pytest.fixture(scope="module")
def answers(start_server: Start) -> Callable[[str], dict[str, Any]]:
    """What our server answers to a suite."""
    return cache(lambda suite: replay_on(start_server(), SUITES[suite].requests))


@pytest.mark.parametrize(
    ("suite", "name"), [(suite, one.name) for suite in SUITES for one in SUITES[suite].requests]
)
def test_a_request_is_answered_as_mlflow_answered_it(
    suite: str, name: str, answers: Callable[[str], dict[str, Any]]
) -> None:
    ours = SUITES[suite].different.get(name)
    expected = {"status": ours.status, "body": ours.body} if ours else RECORDED[suite][name]

    assert answers(suite)[name] == expected


@pytest.mark.parametrize("suite", SUITES)
def test_every_recorded_answer_has_its_request(suite: str) -> None:
    requests, different = SUITES[suite]

    assert set(RECORDED[suite]) == {request.name for request in requests}
    assert len(RECORDED[suite]) == len(requests)
    assert set(different) <= set(RECORDED[suite])


@pytest.mark.parametrize(
    ("suite", "name"), [(suite, name) for suite in SUITES for name in SUITES[suite].different]
)
def test_a_difference_is_one(suite: str, name: str) -> None:
    reason, status, body = SUITES[suite].different[name]

    assert reason
    assert RECORDED[suite][name] != {"status": status, "body": body}
