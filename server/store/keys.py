"""Names of metrics, params and tags that this process has seen, with their ids.

Rows of `keys` are only ever added, so what is here stays true, in every process.
"""

from collections.abc import Mapping


class Keys:
    """Both directions of the table `keys`, as far as known; holds committed rows only."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.names: dict[int, str] = {}

    def publish(self, interned: Mapping[str, int]) -> None:
        """Makes the names of a committed transaction known."""
        self.ids.update(interned)
        self.names.update((id_, name) for name, id_ in interned.items())
