"""Processes that outlive their operator."""

import subprocess
import sys
import time

import psutil

from trackstack.providers.local.process import STOP_SECONDS, stop


def test_a_process_that_nobody_buries_counts_as_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
        begin = time.monotonic()
        stop(psutil.Process(child.pid))

        assert time.monotonic() - begin < STOP_SECONDS
        assert psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE
