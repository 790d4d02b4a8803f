"""The same requests about the registry, the same answers as MLflow 3.17.2 gave."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.server.conftest import Start
from tests.server.recorded.registry import DIFFERENT, REQUESTS
from tests.server.recorded.replay import replay_on

FILE = Path(__file__).parents[1] / "recorded" / "registry.json"
RECORDED: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}


@pytest.fixture(scope="module")
def answers(start_server: Start) -> dict[str, Any]:
    return replay_on(start_server(), REQUESTS)


@pytest.mark.parametrize("name", [request.name for request in REQUESTS])
def test_a_request_is_answered_as_mlflow_answered_it(name: str, answers: dict[str, Any]) -> None:
    given = answers[name]
    if name in DIFFERENT:
        assert (given["status"], given["body"]["error_code"]) == DIFFERENT[name]
    else:
        assert given == RECORDED[name]


def test_every_recorded_answer_has_its_request() -> None:
    assert set(RECORDED) == {request.name for request in REQUESTS}
    assert len(RECORDED) == len(REQUESTS)
    assert set(DIFFERENT) <= set(RECORDED)
