"""The load: wrk (Debian's package wrk) on one kind of request after another."""

import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from benchmarks.servers import API, POINTS, Server


@dataclass(frozen=True)
class Phase:
    """One kind of request: a GET, or a POST whose body is a Lua expression of the request's number `n`."""

    name: str
    path: str
    body: str = ""
    clients: int | None = None


def phases(server: Server) -> Iterator[Phase]:
    run, experiment = server.run, server.experiment
    point = "\"timestamp\":' .. (1700000000000 + n) .. ',\"step\":' .. n .. '"
    tag = '{"key":"mlflow.user","value":"bob"}'
    yield Phase(
        "create run", "runs/create", f'\'{{"experiment_id":"{experiment}","start_time":1,"tags":[{tag}]}}\''
    )
    yield Phase(
        "log one metric",
        "runs/log-metric",
        f'\'{{"run_id":"{run}","key":"loss\' .. id .. \'","value":\' .. n * 0.5 .. \',{point}}}\'',
    )
    yield Phase(
        "log-batch of 100", "runs/log-batch", f'\'{{"run_id":"{run}","metrics":[\' .. batch(n) .. \']}}\''
    )
    yield Phase("get run", f"runs/get?{urlencode({'run_id': run})}")
    search = {
        "experiment_ids": [experiment],
        "filter": "metrics.m3 > 0.5 and params.p4 = '3'",
        "order_by": ["metrics.m1 DESC"],
        "max_results": 100,
    }
    yield Phase("search, filter and order", "runs/search", f"[==[{json.dumps(search)}]==]")
    newest = {"experiment_ids": [experiment], "max_results": 100}
    yield Phase("search, newest 100", "runs/search", f"[==[{json.dumps(newest)}]==]")
    history = urlencode({"run_id": run, "metric_key": "history"})
    yield Phase(f"history of {POINTS}", f"metrics/get-history?{history}", clients=2)


_SCRIPT = """
local threads = 0
function setup(thread) threads = threads + 1; thread:set("id", threads) end
local n = 0
function batch(n)
  local items = {}
  for at = 1, 100 do
    items[at] = '{"key":"batch' .. id .. '_' .. at .. '","value":' .. n * 0.5 + at ..
      ',"timestamp":' .. (1700000000000 + n) .. ',"step":' .. n .. '}'
  end
  return table.concat(items, ",")
end
function request()
  n = n + 1
  return wrk.format("METHOD", nil, HEADERS, BODY)
end
"""


def measure(server: Server, phase: Phase, clients: int, seconds: int) -> float | None:
    """Requests a second; None where an answer was not 200 or did not come."""
    lua = "".join(f'["{key}"]="{value}",' for key, value in server.headers.items())
    script = (
        _SCRIPT.replace("METHOD", "POST" if phase.body else "GET")
        .replace("HEADERS", f'{{["Content-Type"]="application/json",{lua}}}')
        .replace("BODY", phase.body or "nil")
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        connections = phase.clients or clients
        threads = min(2, connections)
        command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s"]
        done = subprocess.run(
            [*command, "-s", file.name, server.url + API + phase.path],
            check=True,
            capture_output=True,
            text=True,
        )
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        return None
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    return float(found[1]) if found else None


@dataclass(frozen=True)
class Load:
    """How hard, how long and how often."""

    clients: int
    seconds: int
    rounds: int


def table(servers: Sequence[Server], rows: Sequence[Sequence[Phase]], load: Load) -> None:
    """Prints the median of each phase on each server, and how many times the first server's it is.

    Every server takes each phase in turn, in every round, so that what else the machine does meets all of
    them. A row has one phase a server. One wrong answer voids a cell.
    """
    print(f"| requests/s, {load.clients} clients | " + " | ".join(server.name for server in servers) + " |")
    print("|---|" + "---:|" * len(servers))
    for row in rows:
        rates: list[list[float | None]] = [[] for _ in servers]
        for _ in range(load.rounds):
            for server, phase, measured in zip(servers, row, rates, strict=True):
                measured.append(measure(server, phase, load.clients, load.seconds))
        print(f"| {row[0].name} | " + " | ".join(_cells(rates)) + " |", flush=True)
    for server in servers:
        print(f"{server.name}: {server.memory()} resident", file=sys.stderr)


def _cells(rates: Sequence[Sequence[float | None]]) -> Iterator[str]:
    medians = [None if None in some else statistics.median(filter(None, some)) for some in rates]
    for at, median in enumerate(medians):
        if median is None:
            yield "void"
        elif at and medians[0]:
            yield f"{median:,.1f} ({median / medians[0]:,.1f}x)"
        else:
            yield f"{median:,.1f}"
