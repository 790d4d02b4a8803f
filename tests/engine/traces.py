"""Orders that mean something told apart from those that do not.

Resources that do not depend on each other are worked on in whatever order the program's calls arrive, so two
runs may differ in it. `canonical` gives the least order among all that keep what depends on each other in
sequence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Related = dict[str, set[str]]


def related(resources: Iterable[dict[str, Any]]) -> Related:
    """For each URN all those that it needs, directly or not."""
    needs: Related = {}
    for resource in resources:
        provider = resource.get("provider", "").rpartition("::")[0]
        properties = (resource.get("propertyDependencies") or {}).values()
        direct = {
            resource.get("parent"),
            provider,
            resource.get("deletedWith"),
            *(resource.get("dependencies") or ()),
            *(resource.get("replaceWith") or ()),
            *(urn for urns in properties for urn in urns or ()),
        }
        needs.setdefault(resource["urn"], set()).update(urn for urn in direct if urn)
    for urn in needs:
        reached = list(needs[urn])
        while reached:
            for further in needs.get(reached.pop(), set()) - needs[urn]:
                needs[urn].add(further)
                reached.append(further)
    return needs


def canonical(items: Sequence[tuple[str, str]], needs: Related) -> list[int]:
    """The places of (URN, text) items in the least order that keeps related ones in sequence."""

    def bound(first: str, second: str) -> bool:
        return first == second or first in needs.get(second, ()) or second in needs.get(first, ())

    left = list(range(len(items)))
    order = []
    while left:
        free = [
            place
            for position, place in enumerate(left)
            if not any(bound(items[earlier][0], items[place][0]) for earlier in left[:position])
        ]
        best = min(free, key=lambda place: items[place])
        order.append(best)
        left.remove(best)
    return order
