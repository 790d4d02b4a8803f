"""Who does the operations on a stack: the embedded engine, or the Pulumi CLI."""

import shutil
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from trackstack.engine.errors import EngineError
from trackstack.engine.plugin_search import find_plugin
from trackstack.stacks.errors import StackError

Engine = Literal["auto", "embedded", "pulumi"]

_CLIENT, _SDK = "kubernetes", "pulumi_kubernetes"


def by_cli(engine: Engine, target: str, root: Path) -> bool:
    """Whether the Pulumi CLI is to do it: as was asked, and with `auto` where it has the target's plugin.

    Raises StackError where this machine has neither of the two for the target.
    """
    if target == "local":
        return engine == "pulumi"
    if find_spec(_SDK) is None or (engine != "pulumi" and find_spec(_CLIENT) is None):
        raise StackError(f"the target {target} needs more packages: pip install 'trackstack[kubernetes]'")
    return engine == "pulumi" or (engine == "auto" and _has_plugin("kubernetes", root))


def _has_plugin(package: str, root: Path) -> bool:
    if shutil.which("pulumi") is None:
        return False
    try:
        find_plugin(package, version(f"pulumi-{package}"), root)
    except (EngineError, PackageNotFoundError):
        return False
    return True
