"""Requests per second of tracking servers, side by side.

    mlflow server --backend-store-uri sqlite:///m.db --port 5001 &
    trackstack-server serve --data-dir d --port 5002 --no-auth &
    python -m benchmarks.tracking mlflow=http://127.0.0.1:5001 trackstack=http://127.0.0.1:5002

The load is wrk (Debian's package wrk). Phases are interleaved: every server takes each phase in turn, in
every round, so that what else the machine does meets all of them; the best round counts. An answer other
than 200 voids the cell. A token goes into the address: NAME=http://token@127.0.0.1:5002.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

API = "/api/2.0/mlflow/"
POINTS = 25_000
START = 1_700_000_000_000


@dataclass
class Server:
    """One server under test, filled with the same runs as the others."""

    name: str
    url: str
    token: str = ""
    experiment: str = ""
    run: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def fill(self, runs: int) -> None:
        """An experiment of `runs` runs with 20 metrics, 20 params and 5 tags each; one has a long history."""
        rest = random.Random(7)
        with httpx.Client(base_url=self.url, headers=self.headers, timeout=120) as client:
            name = f"benchmark {os.getpid()}"
            self.experiment = _post(client, "experiments/create", {"name": name})["experiment_id"]
            for at in range(runs):
                new = {"experiment_id": self.experiment, "start_time": START + at}
                self.run = _post(client, "runs/create", new)["run"]["info"]["run_id"]
                _post(client, "runs/log-batch", {"run_id": self.run, **_items(rest)})
            for first in range(0, POINTS, 1000):
                points = [_metric("history", 1 / (step + 1), step) for step in range(first, first + 1000)]
                _post(client, "runs/log-batch", {"run_id": self.run, "metrics": points})


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


def memory(server: Server) -> str:
    """Resident memory of the process that listens, if it is on this machine and may be looked at."""
    port = urlsplit(server.url).port
    pids = subprocess.run(
        ["ss", "-Hltnp", f"sport = :{port}"], check=False, capture_output=True, text=True
    ).stdout
    total = 0
    for pid in set(re.findall(r"pid=(\d+)", pids)):
        status = Path(f"/proc/{pid}/status").read_text()
        total += int(re.findall(r"VmRSS:\s+(\d+)", status)[0])
    return f"{total / 1024:.0f} MB" if total else "unknown"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("servers", nargs="+", metavar="NAME=URL")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    servers = [_server(text) for text in given.servers]
    for server in servers:
        server.fill(given.runs)
        print(f"{server.name}: {given.runs} runs, {memory(server)} resident", file=sys.stderr)
    columns = [list(phases(server)) for server in servers]
    print("| requests/s, " + f"{given.clients} clients | " + " | ".join(one.name for one in servers) + " |")
    print("|---|" + "---:|" * len(servers))
    for row in zip(*columns, strict=True):
        best: list[float | None] = [0.0] * len(servers)
        for _ in range(given.rounds):
            for at, (server, phase) in enumerate(zip(servers, row, strict=True)):
                rate = measure(server, phase, given.clients, given.seconds)
                known = best[at]
                best[at] = None if rate is None or known is None else max(known, rate)
        cells = ("void" if rate is None else f"{rate:,.1f}" for rate in best)
        print(f"| {row[0].name} | " + " | ".join(cells) + " |", flush=True)
    for server in servers:
        print(f"{server.name}: {memory(server)} resident", file=sys.stderr)
    return 0


def _server(text: str) -> Server:
    name, _, url = text.partition("=")
    parts = urlsplit(url)
    return Server(name, f"{parts.scheme}://{parts.hostname}:{parts.port}", parts.username or "")


def _post(client: httpx.Client, path: str, body: object) -> Any:
    reply = client.post(API + path, json=body)
    reply.raise_for_status()
    return reply.json()


def _metric(key: str, value: float, step: int) -> dict[str, object]:
    return {"key": key, "value": value, "timestamp": START + step, "step": step}


def _items(rest: random.Random) -> dict[str, object]:
    return {
        "metrics": [_metric(f"m{at}", rest.random(), 0) for at in range(20)],
        "params": [{"key": f"p{at}", "value": str(rest.randrange(10))} for at in range(20)],
        "tags": [{"key": f"t{at}", "value": str(rest.randrange(5))} for at in range(5)],
    }


if __name__ == "__main__":
    sys.exit(main())
