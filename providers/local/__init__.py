"""The laptop's provider: folders, a database file, a port, a token, a retention, a server process."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trackstack.providers.local.provider import Local as Local

__all__ = ["Local"]


def __getattr__(name: str) -> Any:
    """`Local` on first use: it imports pulumi, which who only looks for a process does not need."""
    if name == "Local":
        from trackstack.providers.local.provider import Local

        return Local
    raise AttributeError(name)
