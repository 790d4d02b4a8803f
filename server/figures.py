"""Figures of the server for Prometheus, in its text format 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/. Nothing is counted while requests are served:
each figure is read where it is, when it is asked for.
"""

import os
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trackstack import __version__
from trackstack.server.access.objects import INSTANCE
from trackstack.server.calls import Call
from trackstack.server.responses import Answer
from trackstack.server.routes import READ, Route
from trackstack.server.store.totals import Totals

PATH = "/metrics"
_MEDIA_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_STARTED = time.time()
_HELP = {
    "experiments": "Experiments that are not deleted.",
    "runs": "Runs that are not deleted.",
    "logged_models": "Logged models that are not deleted.",
    "traces": "Traces.",
    "registered_models": "Registered models, prompts among them.",
    "model_versions": "Versions of registered models.",
    "deleted_runs": "Runs that are deleted and wait for their removal.",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One sample; `labels` as they are written between the braces."""

    name: str
    kind: str
    help: str
    value: float
    labels: str = ""

    def __str__(self) -> str:
        labels = f"{{{self.labels}}}" if self.labels else ""
        head = f"# HELP {self.name} {self.help}\n# TYPE {self.name} {self.kind}\n"
        return f"{head}{self.name}{labels} {self.value:.17g}\n"


async def figures(call: Call) -> Answer:
    """All of them; TEMPORARILY_UNAVAILABLE where the database does not answer."""
    totals = await call.store.totals.current()
    text = "".join(str(figure) for figure in (*_process(), *_stored(totals)))
    return Answer(text.encode(), media_type=_MEDIA_TYPE)


def _stored(totals: Totals) -> Iterator[Figure]:
    for name, text in _HELP.items():
        yield Figure(f"trackstack_{name}", "gauge", text, getattr(totals, name))


def _process() -> Iterator[Figure]:
    """Under the names that Prometheus' own clients give them."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES
    yield Figure("trackstack_info", "gauge", "The server's version.", 1, f'version="{__version__}"')
    yield Figure(
        "process_cpu_seconds_total", "counter", "Time of processors.", usage.ru_utime + usage.ru_stime
    )
    yield Figure("process_resident_memory_bytes", "gauge", "Memory in use, bytes.", resident)
    yield Figure("process_open_fds", "gauge", "Open files.", len(os.listdir("/proc/self/fd")))
    yield Figure("process_start_time_seconds", "gauge", "Start of the process, seconds since 1970.", _STARTED)


ROUTES = (Route("GET", PATH, figures, needs=READ, on=INSTANCE),)
