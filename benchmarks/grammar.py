"""How long the worst search texts of 16 KiB hold the server up, in milliseconds.

    python -m benchmarks.grammar

Every filter and every order is parsed as a request's would be, on one core; most are refused, which must not
take longer than to serve an honest one. The time is the process's own, so what else the machine does hardly
counts, and the least of several.
"""

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from trackstack.server.errors import ApiError
from trackstack.server.search import filters, orders
from trackstack.server.search.kinds import EXPERIMENTS, MODEL_VERSIONS, REGISTERED_MODELS, RUNS
from trackstack.server.search.kinds_of_3 import LOGGED_MODELS, TRACES
from trackstack.server.search.kinds_of_evaluation import DATASETS, ISSUES

LENGTH = 16 * 1024
REPEATS = 5
KINDS = {
    "runs": RUNS,
    "experiments": EXPERIMENTS,
    "registered models": REGISTERED_MODELS,
    "model versions": MODEL_VERSIONS,
    "logged models": LOGGED_MODELS,
    "traces": TRACES,
    "evaluation datasets": DATASETS,
    "issues": ISSUES,
}


def texts() -> Iterator[tuple[str, str]]:
    """Names and texts of 16 KiB, each of a kind that slow grammars stumble over."""
    clause = "metrics.`a b` >= 1.5e3 AND "
    pieces = {
        "honest clauses": clause,
        "honest list": "'0123456789abcdef0123456789abcdef', ",
        "opening parentheses": "(",
        "nested lists": "a IN (",
        "single quotes": "'",
        "escaped quotes": "\\'",
        "double quotes": '"',
        "backquotes": "`",
        "alternating quotes": "'\"`",
        "spaces": " ",
        "newlines and tabs": "\n\t",
        "line comments": "-- \n",
        "open comments": "/*",
        "digits": "1",
        "signs": "+-",
        "exponents": "1e",
        "dots": ".",
        "commas": ",",
        "semicolons": ";",
        "operators": "<>!=",
        "ANDs": "AND ",
        "NOT INs": "NOT IN ",
        "IS NOT NULLs": "x IS NOT NULL AND ",
        "wildcards": "%_",
        "backslashes": "\\",
        "letters": "a",
        "combining marks": "e\u0301",
        "wide characters": "\U0001f600",
        "right-to-left": "\u202e",
        "dollars": "$1$",
        "braces": "{{",
    }
    for name, piece in pieces.items():
        yield name, (piece * LENGTH)[:LENGTH]
        yield f"{name}, begun well", ("metrics.a > 1 AND " + piece * LENGTH)[:LENGTH]
    yield "a long string", f"params.a = '{'x' * LENGTH}"[:LENGTH]
    yield "an endless list", ("run_id IN (" + "'x'," * LENGTH)[:LENGTH]
    yield "a long name", ("metrics.`" + "x" * LENGTH)[:LENGTH]
    yield "mixed", ("params.`x` LIKE '%\\'(' AND ((tags.\"y\" = 1e-" * LENGTH)[:LENGTH]


def milliseconds(work: Callable[[], object]) -> tuple[float, str]:
    """The least time, and what came of it."""
    best = float("inf")
    outcome = "taken"
    for _ in range(REPEATS):
        begun = time.process_time()
        try:
            work()
        except ApiError:
            outcome = "refused"
        best = min(best, time.process_time() - begun)
    return best * 1000, outcome


def main() -> int:
    rows = []
    for name, text in texts():
        for kind_name, kind in KINDS.items():
            rows.append((*milliseconds(partial(filters.parse, text, kind)), kind_name, "filter", name))
            rows.append((*milliseconds(partial(orders.parse, [text], kind)), kind_name, "order", name))
    rows.sort(reverse=True)
    print("| ms | outcome | of | as | text |\n|---:|---|---|---|---|")
    for spent, outcome, kind_name, what, name in rows[:10]:
        print(f"| {spent:.2f} | {outcome} | {kind_name} | {what} | {name} |")
    print(f"\nworst of {len(rows)} texts of {LENGTH} characters: {rows[0][0]:.2f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
