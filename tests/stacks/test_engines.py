"""Who does the operations, by what this machine has."""

from pathlib import Path

import pytest

from trackstack.stacks.engines import Engine, by_cli


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, empty; and no plugins."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    monkeypatch.delenv("PULUMI_DEBUG_PROVIDERS", raising=False)
    monkeypatch.delenv("PULUMI_IGNORE_AMBIENT_PLUGINS", raising=False)
    return folder


def install(tools: Path, *programs: str) -> None:
    for name in programs:
        (tools / name).touch(mode=0o755)


CLI, PLUGIN = "pulumi", "pulumi-resource-kubernetes"


@pytest.mark.parametrize(
    ("engine", "target", "programs", "chosen"),
    [
        ("auto", "local", (CLI, PLUGIN), False),
        ("pulumi", "local", (), True),
        ("embedded", "local", (CLI,), False),
        ("auto", "kubernetes", (), False),
        ("auto", "kubernetes", (CLI,), False),
        ("auto", "kubernetes", (PLUGIN,), False),
        ("auto", "kubernetes", (CLI, PLUGIN), True),
        ("embedded", "kubernetes", (CLI, PLUGIN), False),
        ("pulumi", "kubernetes", (CLI,), True),
    ],
)
def test_the_cli_does_what_it_is_asked_for_or_has_the_plugin_for(
    tools: Path, engine: Engine, target: str, programs: tuple[str, ...], chosen: bool
) -> None:
    install(tools, *programs)

    assert by_cli(engine, target, tools) is chosen
