"""Completion, as a shell asks for it and as a shell does it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from trackstack.cli.main import cli


def completions(arguments: list[str], incomplete: str) -> list[str]:
    """What is offered for `incomplete` after `arguments`."""
    complete = ShellComplete(cli, {"auto_envvar_prefix": "TRACKSTACK"}, "trackstack", "_TRACKSTACK_COMPLETE")
    return [item.value for item in complete.get_completions(arguments, incomplete)]


def test_commands_are_completed() -> None:
    assert completions([], "st") == ["status", "start", "stop"]


def test_options_are_completed() -> None:
    assert completions(["create"], "--ret") == ["--retention"]


def test_names_are_not_completed_where_there_is_no_project(home: Path) -> None:
    assert completions(["show", "--project", str(home / "nothing")], "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str, runner: CliRunner) -> None:
    result = runner.invoke(cli, ["completion", shell], prog_name="trackstack")

    assert result.exit_code == 0
    assert f"_TRACKSTACK_COMPLETE={shell}_complete" in result.stdout


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_completes_a_command(tmp_path: Path) -> None:
    trackstack = Path(sys.executable).parent / "trackstack"
    session = f"""
        eval "$({trackstack} completion bash)"
        PATH={trackstack.parent}:$PATH
        COMP_WORDS=(trackstack crea) COMP_CWORD=1
        _trackstack_completion trackstack
        echo "${{COMPREPLY[@]}}"
    """

    done = subprocess.run(["bash", "-c", session], capture_output=True, text=True, cwd=tmp_path, check=True)

    assert done.stdout == "create\n"
