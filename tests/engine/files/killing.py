"""Runs the small operation in a process for each of its file calls, and kills it there.

    python -m tests.engine.files.killing FOLDER SALT

A program of its own, because only a process of one thread may be forked. Each works in `FOLDER/<number>`.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from pathlib import Path

from tests.engine.files.faults import FaultyOs, killed
from tests.engine.files.operation import World, operate
from tests.engine.files.states import PHRASE

from trackstack.engine import filesystem
from trackstack.engine.backend import Backend
from trackstack.engine.secrets import Passphrase


def main(folder: Path, salt: str) -> None:
    passphrase = Passphrase(PHRASE, salt)
    passphrase.verify()  # derives the key, once for all children
    for at in itertools.count(1):
        store = Backend.open(folder / str(at)).store("shop", "demo")
        store.init(passphrase)
        child = os.fork()
        if child == 0:
            vars(filesystem)["os"] = FaultyOs(at, killed)
            operate(store, passphrase, World(folder / str(at) / "world"))
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code == 0:
            return  # the operation has fewer calls than that
        assert code == -signal.SIGKILL, code


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
