"""Help and completion are instant: what is slow to import is not imported."""

import subprocess
import sys

import pytest

HEAVY = (
    "alembic",
    "cryptography",
    "grpc",
    "msgspec",
    "platformdirs",
    "psutil",
    "pulumi",
    "pydantic",
    "rich",
    "sqlalchemy",
    "starlette",
    "uvicorn",
)
PROGRAM = """
import sys
from trackstack.cli.main import main
try:
    main({arguments!r})
except SystemExit as end:
    print(end.code, *sorted(set(sys.modules) & set({heavy!r})), file=sys.stderr)
"""


def imported(*arguments: str) -> str:
    """The exit code and the heavy modules that a call of the program imports."""
    program = PROGRAM.format(arguments=list(arguments), heavy=HEAVY)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stderr.strip()


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["create", "--help"], ["token", "create", "--help"], ["--version"], ["completion", "zsh"]],
)
def test_what_needs_no_instance_imports_nothing_heavy(arguments: list[str]) -> None:
    assert imported(*arguments) == "0"


@pytest.mark.parametrize("command", ["list", "show x", "status", "logs x", "env x", "token list x"])
def test_reading_commands_do_not_import_pulumi(
    command: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = tmp_path_factory.mktemp("project")

    assert "pulumi" not in imported(*command.split(), "--project", str(project), "--quiet").split()
