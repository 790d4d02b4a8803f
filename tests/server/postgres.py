"""A PostgreSQL of the tests' own: Debian's server, on loopback, in a folder that goes with the tests."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


class Postgres:
    """A cluster with default settings, run as the user postgres where the tests are root's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bin = _FOLDERS[0] if _FOLDERS else Path(shutil.which("postgres") or "").parent
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def url(self, database: str) -> str:
        return f"postgresql://trackstack@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        data = self.folder / "data"
        if not data.exists():
            self._run("initdb", "-D", str(data), "-U", "trackstack", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "-D", str(data), "-l", str(self.folder / "log"), "-o", options, "-w", "start")

    def create(self, database: str) -> str:
        """A new, empty database; its URL."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "trackstack", database)
        return self.url(database)

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = (str(self._bin / program), *arguments)
        if os.geteuid() == 0:
            pwd.getpwnam("postgres")
            command = ("runuser", "-u", "postgres", "--", *command)
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL)
