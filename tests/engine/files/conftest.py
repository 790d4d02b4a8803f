"""A backend in a folder, a stack in it, and a passphrase whose key is derived once."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.files.states import PHRASE

from trackstack.engine.backend import Backend
from trackstack.engine.secrets import Passphrase
from trackstack.engine.store import StackStore


@pytest.fixture(scope="session")
def passphrase() -> Passphrase:
    return Passphrase(PHRASE, Passphrase(PHRASE).state)


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    return Backend.open(tmp_path)


@pytest.fixture
def store(backend: Backend, passphrase: Passphrase) -> StackStore:
    store = backend.store("shop", "demo")
    store.init(passphrase)
    return store
