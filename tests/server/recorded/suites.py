"""All recorded requests, a suite a module: each is sent to a server that nobody has used."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from tests.server.recorded import cases, evaluation, files, registry, reviews, tracing
from tests.server.recorded.cases import Different, Request


class Suite(NamedTuple):
    requests: tuple[Request, ...]
    different: dict[str, Different]


SUITES = {
    module.__name__.rpartition(".")[2]: Suite(module.REQUESTS, module.DIFFERENT)
    for module in (cases, registry, tracing, evaluation, reviews, files)
}


def file_of(suite: str) -> Path:
    return Path(__file__).with_name(f"{suite}.json")


def recorded(suite: str) -> dict[str, Any]:
    """What MLflow answered, by the requests' names."""
    answers: dict[str, Any] = json.loads(file_of(suite).read_text())
    return answers
