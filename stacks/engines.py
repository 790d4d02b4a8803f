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

_CLIENT = "kubernetes"
_SDKS = {"kubernetes": ("pulumi_kubernetes",), "aws": ("pulumi_kubernetes", "pulumi_aws", "boto3")}
"""What each target needs of Python."""


def by_cli(engine: Engine, target: str, root: Path) -> bool:
    """Whether the Pulumi CLI is to do it: as was asked, and with `auto` where it has the target's plugin.

    Raises StackError where this machine has neither of the two for the target.
    """
    if target == "local":
        return engine == "pulumi"
    needed = (*_SDKS[target], *(() if engine == "pulumi" else (_CLIENT,)))
    if any(find_spec(each) is None for each in needed):
        raise StackError(f"the target {target} needs more packages: pip install 'trackstack[{target}]'")
    if target == "aws" and engine == "auto":  # the CLI can fetch the plugin
        return shutil.which("pulumi") is not None
    return engine == "pulumi" or (engine == "auto" and _has_plugin("kubernetes", root))


def missing_plugin(package: str, root: Path) -> str:
    """What to install so that the embedded engine can use the package; empty where nothing is missing."""
    if _found(package, root):
        return ""
    wanted = version(f"pulumi-{package}")
    return (
        f"the target {package} needs Pulumi's plugin {package} {wanted}: install the Pulumi CLI, or put "
        f"pulumi-resource-{package} of that version on PATH; until then it can be previewed only"
    )


def _has_plugin(package: str, root: Path) -> bool:
    return shutil.which("pulumi") is not None and _found(package, root)


def _found(package: str, root: Path) -> bool:
    try:
        find_plugin(package, version(f"pulumi-{package}"), root)
    except (EngineError, PackageNotFoundError):
        return False
    return True
