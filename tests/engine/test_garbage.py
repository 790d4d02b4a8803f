"""The garbage collector is as it was when no program runs any more."""

from __future__ import annotations

import subprocess
import sys

NESTED = """
import gc
from trackstack.engine.garbage import seldom_collected

before = gc.get_threshold()
with seldom_collected():
    with seldom_collected():
        assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold()[0] > before[0]
assert gc.get_threshold() == before
"""


def test_collections_are_seldom_until_the_last_program_has_ended() -> None:
    """In a process of its own: here a program of another test may still be on its way out."""
    subprocess.run([sys.executable, "-c", NESTED], check=True)
