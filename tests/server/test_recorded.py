"""The same requests, the same answers as MLflow 3.17.2 gave."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.server.conftest import Start
from tests.server.recorded.cases import DIFFERENT, REQUESTS
from tests.server.recorded.replay import replay_on

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "recorded" / "answers.json").read_text())


@pytest.fixture(scope="module")
def answers(start_server: Start) -> dict[str, Any]:
    return replay_on(start_server(), REQUESTS)


@pytest.mark.parametrize("name", [request.name for request in REQUESTS])
def test_a_request_is_answered_as_mlflow_answered_it(name: str, answers: dict[str, Any]) -> None:
    expected = RECORDED[name]
    if name in DIFFERENT:
        _, status, body = DIFFERENT[name]
        expected = {"status": status, "body": body}

    assert answers[name] == expected


def test_every_recorded_answer_has_its_request() -> None:
    assert set(RECORDED) == {request.name for request in REQUESTS}
    assert set(DIFFERENT) <= set(RECORDED)
