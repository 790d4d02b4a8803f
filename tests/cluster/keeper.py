"""Keeps a control plane while a test run lasts: `python -m tests.cluster.keeper <folder> <pid of the run>`.

It writes `ready.json` or `failed.txt` into the folder, and goes when the run does, however that ends.
"""

import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

import psutil
from tests.cluster import control_plane, programs


def keep(folder: Path, run: int) -> None:
    """Start, tell, wait for the run's end, stop."""
    signal.signal(signal.SIGTERM, _leave)
    with tempfile.TemporaryDirectory(prefix="trackstack-cluster-") as place:
        plane = control_plane.ControlPlane(Path(place), programs.find())
        try:
            kubeconfig = plane.start()
            _tell(folder / "ready.json", json.dumps({"kubeconfig": str(kubeconfig), "pid": os.getpid()}))
            owner = psutil.Process(run)
            while owner.is_running() and owner.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.5)
        except psutil.NoSuchProcess:
            return
        finally:
            plane.stop()


def _leave(signal_number: int, frame: object) -> NoReturn:
    raise SystemExit(0)


def _tell(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(text)
    draft.replace(path)


if __name__ == "__main__":
    if os.fork():  # who called goes on, and is not asked to wait for this one's end
        os._exit(0)
    target = Path(sys.argv[1])
    try:
        keep(target, int(sys.argv[2]))
    except Exception as error:
        _tell(target / "failed.txt", f"{type(error).__name__}: {error}")
        raise
