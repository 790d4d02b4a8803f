"""The built-in provider `pulumi`: references to other stacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trackstack.engine.backend import Backend
    from trackstack.engine.secrets import SecretsManager


class Builtins(Mapping[str, Callable[[], Any]]):
    """The packages that the engine itself serves."""

    def __init__(self, backend: Backend, project: str, secrets: SecretsManager) -> None:
        self._backend, self._project, self._secrets = backend, project, secrets

    def __getitem__(self, package: str) -> Callable[[], Any]:
        raise KeyError(package)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
