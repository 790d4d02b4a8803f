"""A tracking server for every machine-learning team, as one Pulumi stack.

`TrackingInstance` and `InstanceSpec` are for Pulumi programs; they are imported, and Pulumi with them, only
when they are used. Their types are in `__init__.pyi`.
"""

from importlib import import_module

__version__ = "0.1.0"

_PUBLIC = {"InstanceSpec": "trackstack.stacks.spec", "TrackingInstance": "trackstack.stacks.component"}


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
