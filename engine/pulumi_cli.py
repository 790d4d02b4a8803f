"""The Pulumi CLI as a program on this machine: finding it, running it, interrupting it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi import automation as auto
from pulumi.automation import errors as cli_errors

from trackstack.engine.errors import EngineError

OLDEST = (3, 200, 0)  # the first that knows all of what the state of this engine may hold (`replaceWith`)


def find_cli(root: Path | None = None) -> Cli:
    """The `pulumi` below `root/bin`, else on PATH.

    Raises EngineError when there is none, or one that is older than `OLDEST`.
    """
    try:
        cli = Cli(str(root) if root is not None else None, skip_version_check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineError(
            "there is no `pulumi` on PATH, which the engine pulumi needs: "
            "install the Pulumi CLI (`trackstack doctor` says how)"
        ) from error
    version = cli.version
    if version is not None and (version.major, version.minor, version.patch) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise EngineError(f"`pulumi` is {version}, at least {oldest} is needed: install a newer Pulumi CLI")
    return cli


class Cli(auto.PulumiCommand):
    """The `pulumi` program. Each command has a process group of its own: Ctrl-C is for us to pass on."""

    def __init__(self, root: str | None = None, **settings: Any) -> None:
        super().__init__(root, **settings)
        self._running: set[int] = set()

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Any = None,
        on_error: Any = None,
    ) -> auto.CommandResult:
        """One command to its end. Raises CommandError."""
        process = subprocess.Popen(
            [self.command, "--non-interactive", *args],
            cwd=cwd,
            env={**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self._running.add(process.pid)
        try:
            out, err = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        finally:
            self._running.discard(process.pid)
        result = auto.CommandResult(stdout=out, stderr=err, code=process.returncode)
        if result.code:
            raise cli_errors.create_command_error(result)
        return result

    def interrupt(self) -> None:
        """As Ctrl-C does: the first time it finishes what runs, the second time it gives up."""
        for pid in tuple(self._running):
            os.kill(pid, signal.SIGINT)
