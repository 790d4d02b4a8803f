"""A machine a test, and one with a running instance for those that only look at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A clean machine."""
    machine = Machine(tmp_path)
    yield machine
    machine.switch_off()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine on which the instance `demo` runs; tests leave it as they found it."""
    machine = Machine(tmp_path_factory.mktemp("home"))
    machine.run("create", "demo")
    yield machine
    machine.switch_off()
