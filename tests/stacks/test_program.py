"""The program as any engine runs it, with nothing but the stack's configuration."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from trackstack.engine import Backend, Options, Passphrase, Secret, Stack
from trackstack.engine.errors import ProgramError
from trackstack.providers.local import Local
from trackstack.stacks.program import deploy


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """An empty stack, emptied again."""
    made = Backend.open(tmp_path / "state").stack("trackstack", "demo")
    made.init(Passphrase("x"))
    yield made
    made.destroy(options(tmp_path))


def options(root: Path, **config: str) -> Options:
    values = {f"trackstack:{key}": value for key, value in config.items()}
    return Options(secrets=Passphrase("x"), config=values, providers={"trackstack": Local()}, root=root)


def test_a_configuration_becomes_an_instance_with_its_outputs(stack: Stack, tmp_path: Path) -> None:
    result = stack.up(deploy, options(tmp_path, name="demo", running="false", port="24567"))

    assert {key: value for key, value in result.outputs.items() if key != "token"} == {
        "url": "http://127.0.0.1:24567",
        "port": 24567,
        "data_dir": f"{tmp_path}/instances/demo",
        "log_file": f"{tmp_path}/instances/demo/server.log",
        "bucket": f"{tmp_path}/instances/demo/artifacts",
        "database_url": f"sqlite:///{tmp_path}/instances/demo/tracking.db",
        "retention": "30d",
    }
    assert isinstance(result.outputs["token"], Secret)
    assert (tmp_path / "instances" / "demo" / "admin-token").exists()


def test_a_configuration_that_cannot_be_is_one_line_and_makes_nothing(stack: Stack, tmp_path: Path) -> None:
    with pytest.raises(
        ProgramError, match=r"^Pulumi.demo.yaml: retention: '0d' cannot be used; write 1d to 90d"
    ):
        stack.up(deploy, options(tmp_path, name="demo", retention="0d"))

    assert not (tmp_path / "instances").exists()
