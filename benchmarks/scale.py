"""Pages of a server of this project that has a hundred thousand runs, in requests per second.

    python -m benchmarks.scale [--runs 100000] [--start sqlite|postgres]

Half of the runs are in one experiment, the rest in four others; with the points that all of them log there
are ten metric rows a run. `--start` says on which database the server is started, on loopback; it is filled
over HTTP, which takes some minutes.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.filling import Content, Shape
from benchmarks.load import Load, Phase, table
from benchmarks.servers import Server, ours, postgres

from trackstack.server.search.pages import token_for

SHAPE = Shape(metrics=10, params=5, tags=2)
OTHERS = 4


def phases(experiments: list[str], runs: int) -> Iterator[Phase]:
    """Pages of a hundred of the first experiment, which has `runs` runs, or of all."""
    first = {"experiment_ids": experiments[:1], "max_results": 100}
    every = {"experiment_ids": experiments, "max_results": 100, "run_view_type": "ALL"}
    some = "metrics.m3 > 0.5 and params.p4 = '3'"
    yield _search("newest", first)
    yield _search("newest, at the end", {**first, "page_token": token_for(runs - 100)})
    yield _search("newest of all experiments, deleted or not", every)
    yield _search("by metric", {**first, "order_by": ["metrics.m1 DESC"]})
    yield _search("by metric, of all experiments", {**every, "order_by": ["metrics.m1 DESC"]})
    yield _search("filter and order", {**first, "filter": some, "order_by": ["metrics.m1 DESC"]})
    yield _search("filter and order, all experiments", {**every, "filter": some, "order_by": ["metrics.m1"]})
    yield _search("filter that few match", {**first, "filter": "metrics.m3 > 0.999"})
    yield _search("by name, which is sorted", {**first, "order_by": ["run_name"]})
    ended = {**first, "filter": "attributes.status = 'RUNNING'", "order_by": ["end_time DESC"]}
    yield _search("running ones by end time, which is sorted", ended)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--start", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trackstack-")))
        folder.chmod(0o755)  # PostgreSQL's user must reach its own folder in it
        url = stack.enter_context(postgres(folder))("scale") if given.start == "postgres" else ""
        server = stack.enter_context(ours(folder, url))
        experiments = [_filled(server, given.runs // (2 * OTHERS)) for _ in range(OTHERS)]
        experiments.insert(0, _filled(server, given.runs // 2))
        rows = [[phase] for phase in phases(experiments, given.runs // 2)]
        table([server], rows, Load(given.clients, given.seconds, given.rounds))
    return 0


def _filled(server: Server, runs: int) -> str:
    server.fill(Content(runs, SHAPE, points=0), clients=16)
    return server.experiment


def _search(name: str, body: dict[str, object]) -> Phase:
    return Phase(name, "runs/search", f"[==[{json.dumps(body)}]==]")


if __name__ == "__main__":
    sys.exit(main())
