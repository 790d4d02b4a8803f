"""A control plane a module, and one a test for what kills it or needs settings of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.control.serving import ControlPlane, made


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane that runs; tests leave it so."""
    plane = ControlPlane(tmp_path_factory.mktemp("plane"))
    plane.start()
    yield plane
    plane.switch_off()


@pytest.fixture(scope="module")
def demo(plane: ControlPlane) -> dict[str, Any]:
    """An active instance of the plane; tests leave it so."""
    return made(plane.client(), name="demo", description="for all", labels={"team": "vision"})


@pytest.fixture
def own(tmp_path: Path) -> Iterator[ControlPlane]:
    """A control plane of the test's own, not started yet."""
    plane = ControlPlane(tmp_path)
    yield plane
    plane.switch_off()
