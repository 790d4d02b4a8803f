"""The load: wrk (Debian's package wrk) on one kind of request after another."""

import re
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.servers import API, Server

LONGEST_S = 20
_ENOUGH = 8  # answers a client: what wrk leaves unanswered at its end is then small beside them
_PATIENCE_S = 60  # for one answer


@dataclass(frozen=True)
class Phase:
    """One kind of request: a GET, or a POST whose body is a Lua expression of the request's number `n`."""

    name: str
    path: str
    body: str = ""
    clients: int | None = None


@dataclass(frozen=True)
class Load:
    """How hard, how long and how often."""

    clients: int
    seconds: int
    rounds: int


@dataclass
class Cell:
    """One phase on one server, and its rates so far."""

    server: Server
    phase: Phase
    seconds: int
    rates: list[float] = field(default_factory=list)
    fault: str = ""

    @property
    def rate(self) -> float | None:
        """The median; None after a wrong answer, or without any answer."""
        return statistics.median(self.rates) if self.rates and not self.fault else None

    def measure(self, clients: int) -> None:
        """Adds a rate, over as many seconds as the server needs for enough answers, up to LONGEST_S."""
        clients = self.phase.clients or clients
        while not self.fault:
            printed = _wrk(self.server, self.phase, clients, self.seconds)
            self.server.settle()
            found = re.search(r"(\d+) requests in .*Requests/sec:\s+([\d.]+)", printed, re.DOTALL)
            wrong = re.search(r"(Non-2xx or 3xx responses: \d+|Socket errors: .*)", printed)
            if wrong or not found:
                self.fault = wrong[1].strip() if wrong else printed.strip()[-200:]
                return
            answers, rate = int(found[1]), float(found[2])
            longer = min(LONGEST_S, round(self.seconds * _ENOUGH * clients / max(1, answers)) + 1)
            if answers >= _ENOUGH * clients or longer <= self.seconds:
                self.rates.append(rate)
                return
            self.seconds = longer


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


def _wrk(server: Server, phase: Phase, clients: int, seconds: int) -> str:
    """What wrk prints, whatever comes of it."""
    lua = "".join(f'["{key}"]="{value}",' for key, value in server.headers.items())
    script = (
        _SCRIPT.replace("METHOD", "POST" if phase.body else "GET")
        .replace("HEADERS", f'{{["Content-Type"]="application/json",{lua}}}')
        .replace("BODY", phase.body or "nil")
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", f"-t{min(2, clients)}", f"-c{clients}", f"-d{seconds}s"]
        done = subprocess.run(
            [*command, "--timeout", f"{_PATIENCE_S}s", "-s", file.name, server.url + API + phase.path],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return done.stdout


Judge = Callable[[str, Sequence[float | None]], str]
"""Says of a row, by its name, and of its rates whether they are as they are to be."""


def table(
    servers: Sequence[Server], rows: Sequence[Sequence[Phase]], load: Load, judge: Judge | None = None
) -> None:
    """Prints the median of each phase on each server, and how many times the first server's it is.

    Every server takes each phase in turn, in every round, so that what else the machine does meets all of
    them. A row has one phase a server. One wrong answer voids a cell, and is told of under the table.
    """
    names = [server.name for server in servers] + ["budget"] * (judge is not None)
    print(f"| requests/s, {load.clients} clients | {' | '.join(names)} |")
    print("|---|" + "---:|" * len(names), flush=True)
    faults = []
    for row in rows:
        cells = [Cell(server, phase, load.seconds) for server, phase in zip(servers, row, strict=True)]
        for _ in range(load.rounds):
            for cell in cells:
                cell.measure(load.clients)
        rates = [cell.rate for cell in cells]
        columns = [*_columns(rates), *([judge(row[0].name, rates)] if judge else ())]
        print(f"| {row[0].name} | {' | '.join(columns)} |", flush=True)
        faults += [f"{cell.server.name}, {row[0].name}: {cell.fault}" for cell in cells if cell.fault]
    for fault in faults:
        print(f"void: {fault}")


def _columns(rates: Sequence[float | None]) -> Iterator[str]:
    for at, rate in enumerate(rates):
        if rate is None:
            yield "void"
        elif at and rates[0]:
            yield f"{rate:,.1f} ({rate / rates[0]:,.1f}x)"
        else:
            yield f"{rate:,.1f}"
