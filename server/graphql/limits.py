"""What a GraphQL document may ask for in one request.

One small document can ask for a thousand aliases of an expensive field (CVE-2025-0453), or nest fragments
until their expansion is exponential; so what it expands to is counted before anything is resolved. The
figures are MLflow's.
"""

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from trackstack.server.errors import ApiError, invalid

MOST_ROOT_FIELDS = 10
MOST_ALIASES = 10
MOST_DEPTH = 10
MOST_SELECTIONS = 1000


def check(document: DocumentNode) -> None:
    """Raises ApiError INVALID_PARAMETER_VALUE where the document asks for more than the limits."""
    fragments = {
        definition.name.value: definition.selection_set
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    count = _Count(fragments)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            count.level(definition.selection_set, 1)


class _Count:
    def __init__(self, fragments: dict[str, SelectionSetNode]) -> None:
        self._fragments = fragments
        self._selections = 0

    def level(self, selections: SelectionSetNode, depth: int) -> None:
        if depth > MOST_DEPTH:
            raise invalid(f"Query exceeds maximum depth of {MOST_DEPTH}")
        fields = list(self._fields(selections, ()))
        if depth == 1 and len(fields) > MOST_ROOT_FIELDS:
            raise _too_much("root fields", MOST_ROOT_FIELDS)
        if sum(field.alias is not None for field in fields) > MOST_ALIASES:
            raise _too_much("aliases", MOST_ALIASES)
        for field in fields:
            if field.selection_set is not None:
                self.level(field.selection_set, depth + 1)

    def _fields(self, selections: SelectionSetNode, inside: tuple[str, ...]) -> Iterator[FieldNode]:
        """The fields of one level, with those that fragments bring."""
        for selection in selections.selections:
            self._selections += 1
            if self._selections > MOST_SELECTIONS:
                raise invalid(f"Query exceeds maximum total selections of {MOST_SELECTIONS}")
            if isinstance(selection, FieldNode):
                yield selection
                continue
            name = selection.name.value if isinstance(selection, FragmentSpreadNode) else ""
            if name in inside:  # a fragment within itself; validation refuses it with its own words
                continue
            inner = self._fragments.get(name) if name else getattr(selection, "selection_set", None)
            if inner is not None:
                yield from self._fields(inner, (*inside, name) if name else inside)


def _too_much(what: str, most: int) -> ApiError:
    return invalid(f"GraphQL queries should have at most {most} {what}; split the query up.")
