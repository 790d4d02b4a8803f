"""An embedded Pulumi engine: runs a Pulumi Python program without the Pulumi CLI, on the CLI's state files.

    from trackstack.engine import Backend, Options, Passphrase

    stack = Backend.open("file:///srv/state").stack("project", "dev")
    if not stack.exists():
        stack.init(Passphrase("…"))
    result = stack.up(program, Options(secrets=Passphrase("…"), config={"project:size": "2"}))
    result.changes, result.outputs                      # {"create": 3}, {"url": "http://…"}

`program` is a function (sync or async) that makes resources with the ordinary Pulumi SDK. `preview`,
`refresh` and `destroy` take the same `Options` (`refresh` and `destroy` no program). Providers are given in
process (`Options.providers`) or found as plugins as the CLI finds them. Every failure is an `EngineError`
of `trackstack.engine.errors`; what this engine does not do is an `UnsupportedError` that names the Pulumi
CLI.

Importing this package costs next to nothing: names are loaded when first used, and pulumi only by an
operation.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trackstack.engine import errors, events
    from trackstack.engine.backend import Backend
    from trackstack.engine.options import Cancellation, Options
    from trackstack.engine.result import Result, Secret
    from trackstack.engine.secrets import Passphrase
    from trackstack.engine.stack import Stack

__all__ = [
    "Backend",
    "Cancellation",
    "Options",
    "Passphrase",
    "Result",
    "Secret",
    "Stack",
    "errors",
    "events",
]

_HOMES = {
    "Backend": "backend",
    "Cancellation": "options",
    "Options": "options",
    "Passphrase": "secrets",
    "Result": "result",
    "Secret": "result",
    "Stack": "stack",
}


def __getattr__(name: str) -> Any:
    if name in ("errors", "events"):
        return import_module(f"trackstack.engine.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'trackstack.engine' has no attribute {name!r}")
    value = getattr(import_module(f"trackstack.engine.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
