"""A clean machine for the installed command: a home folder of its own, and a look at what runs there."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

BIN = Path(sys.executable).parent
PASSED_ON = ("LANG", "TMPDIR")


@dataclass
class Machine:
    """Runs `trackstack` as a user would, in `home`, with no environment but PATH and `settings`."""

    home: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What a process on the machine sees."""
        passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return passed_on | {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(self.home)} | self.settings

    @property
    def project(self) -> Path:
        """The user's own project."""
        return self.home / ".local" / "share" / "trackstack"

    def instance_files(self, stack: str) -> Path:
        """The folder of an instance's data."""
        return self.project / "instances" / stack

    def checkpoint(self, stack: str) -> Path:
        """The stack's state file."""
        return self.project / "state" / ".pulumi" / "stacks" / "trackstack" / f"{stack}.json"

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        """`trackstack ARGUMENTS`, running."""
        return subprocess.Popen(
            [str(BIN / "trackstack"), *arguments],
            cwd=self.home,
            env=self.environment | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0, **settings: str) -> subprocess.CompletedProcess[str]:
        """`trackstack ARGUMENTS`, which must end with `code` and never with a traceback."""
        process = self.start(*arguments, **settings)
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err, err
        assert process.returncode == code, f"exit code {process.returncode}, not {code}: {err}"
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def json(self, *arguments: str, code: int = 0) -> Any:
        """The document that `trackstack ARGUMENTS --json` prints."""
        return json.loads(self.run(*arguments, "--json", code=code).stdout)

    def refused(self, *arguments: str, code: int, **settings: str) -> str:
        """The one line with which `trackstack ARGUMENTS` is refused; nothing else is printed."""
        done = self.run(*arguments, "--quiet", code=code, **settings)
        assert done.stdout == ""
        assert done.stderr.startswith("Error: ")
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr.removeprefix("Error: ").rstrip()

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """A bash script on the machine, which must succeed."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done

    def servers(self) -> list[psutil.Process]:
        """The server processes of this machine's instances."""
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            line = " ".join(process.info["cmdline"] or ())
            if str(self.home) in line and "serve" in line and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)
        return found

    def switch_off(self) -> None:
        """End what still runs."""
        for process in self.servers():
            process.kill()
            process.wait(5)
