"""A process that outlives its operator: started, found again, stopped.

It is known by its pid and start time, so that a reused pid is not mistaken for it, and, where those are lost
or the clock was set, by its command line, which holds the path of its data folder. The latter also finds what
an operator left that was killed before it could write anything down.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from trackstack.providers.local import files
from trackstack.providers.resource import ResourceError

KEPT_ENVIRONMENT = ("PATH", "PYTHONPATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SYSTEMROOT")
STOP_SECONDS = 5.0
"""From SIGTERM to SIGKILL."""
_POLL_SECONDS = 0.01
_SAME_START_SECONDS = 3.0  # start times follow from the boot time, which moves with the clock by a second
_LAUNCHER = str(Path(__file__).with_name("launch.py"))


@dataclass(frozen=True)
class Identity:
    """A pid and when that process started (seconds since 1970); together they name one process for good."""

    pid: int
    started: float

    @classmethod
    def of(cls, process: psutil.Process) -> "Identity":
        return cls(process.pid, process.create_time())

    def process(self) -> psutil.Process | None:
        """The process, while it lives."""
        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            alive = process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
            if alive and abs(process.create_time() - self.started) < _SAME_START_SECONDS:
                return process
        return None

    def listens(self, port: int) -> bool:
        """Whether the process accepts connections on the port."""
        with suppress(psutil.Error):
            found = self.process()
            return found is not None and any(
                one.status == psutil.CONN_LISTEN and one.laddr.port == port
                for one in found.net_connections("tcp")
            )
        return False


def start(command: Sequence[str], *, folder: Path, log: Path, environment: Mapping[str, str]) -> Identity:
    """Start `command` in `folder`, its output appended to `log`. Raises ResourceError if it cannot."""
    launched = subprocess.run(
        [sys.executable, "-I", "-S", _LAUNCHER, str(log), *command],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if launched.returncode:
        raise ResourceError(
            f"{command[0]} cannot be started: {launched.stderr.strip().rpartition(chr(10))[2]}"
        )
    try:
        return Identity.of(psutil.Process(int(launched.stdout)))
    except psutil.NoSuchProcess:
        raise ResourceError(f"{command[0]} ended at once (log: {log})") from None


def environment() -> dict[str, str]:
    """What a server needs of the operator's environment: no secrets, no settings."""
    return {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}


def find(words: Sequence[str]) -> Iterator[psutil.Process]:
    """The user's own live processes whose command line holds `words` in that order, side by side."""
    wanted = list(words)
    joined = os.fsencode("\0".join(wanted))
    for pid in psutil.pids():
        if not _may_hold(pid, joined):
            continue
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            line = process.cmdline()
            if not any(line[at : at + len(wanted)] == wanted for at in range(len(line))):
                continue
            if process.uids().real == os.getuid() and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def _may_hold(pid: int, words: bytes) -> bool:
    """Whether its command line is worth a look; on Linux one read tells, at half the cost of psutil's."""
    if not psutil.LINUX:
        return True
    try:
        with open(f"/proc/{pid}/cmdline", "rb", buffering=0) as file:
            return words in file.read()
    except OSError:  # it has ended
        return False


def stop(process: psutil.Process) -> None:
    """SIGTERM, and SIGKILL to what has not ended by then. Raises ResourceError when that does not help."""
    try:
        process.terminate()
        if _ends(process):
            return
        process.kill()
        if _ends(process):
            return
    except psutil.NoSuchProcess:
        return
    except psutil.AccessDenied:
        raise ResourceError(f"process {process.pid} belongs to another user and cannot be stopped") from None
    raise ResourceError(f"process {process.pid} does not end, even when killed")


def _ends(process: psutil.Process) -> bool:
    """Whether it ends in time. A zombie has ended: in a container nobody may be there to bury it."""
    deadline = time.monotonic() + STOP_SECONDS
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def write_pid_file(path: Path, identity: Identity) -> None:
    """Keep the identity beside the server's data, for people and for the next operator."""
    files.write(path, json.dumps({"pid": identity.pid, "started": identity.started}) + "\n")


def read_pid_file(path: Path) -> Identity | None:
    """The identity in the file; None when there is none."""
    try:
        found = json.loads(files.read(path) or "")
        return Identity(int(found["pid"]), float(found["started"]))
    except (ValueError, TypeError, KeyError):
        return None
