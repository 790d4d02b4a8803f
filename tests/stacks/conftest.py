"""Projects of their own, whose servers do not outlive their tests."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from trackstack.providers.local.process import find, stop
from trackstack.stacks.project import Project


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, and no settings from outside."""
    for name in ("PASSPHRASE", "PASSPHRASE_FILE"):
        monkeypatch.delenv(f"PULUMI_CONFIG_{name}", raising=False)
    for name in ("PULUMI_BACKEND_URL", "TRACKSTACK_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project that is not made yet."""
    made = Project(tmp_path / "project")
    yield made
    with suppress(OSError):
        for data_dir in (made.folder / "instances").iterdir():
            for process in find(["--data-dir", str(data_dir)]):
                stop(process)
