"""A stack of the embedded engine for a program that is not the toolkit's own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trackstack.engine import Backend, Options, Passphrase, Result, Stack
from trackstack.providers.local import Local

Up = Callable[..., Result]
SECRETS = Passphrase("x")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """An empty stack `dev` of the project `research`; what it holds is destroyed."""
    made = Backend.open(tmp_path / "state").stack("research", "dev")
    made.init(SECRETS)
    yield made
    made.destroy(options(tmp_path))


@pytest.fixture
def up(stack: Stack, tmp_path: Path) -> Up:
    """Runs a program of that stack in the test's folder, with these settings."""

    def up(program: Callable[[], Any], **config: str) -> Result:
        return stack.up(program, options(tmp_path, **config))

    return up


def options(root: Path, **config: str) -> Options:
    """Options with the local provider, as the installed plugin is for the Pulumi CLI."""
    values = {f"research:{key}": value for key, value in config.items()}
    return Options(secrets=SECRETS, config=values, providers={"trackstack": Local()}, root=root)
