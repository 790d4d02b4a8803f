"""What is made once, by chance, and lives in the stack's state alone."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from pydantic import Field

from trackstack.providers.resource import Properties, Resource, State


class MintedInputs(Properties):
    rotation: str = Field(default="", description="Any text; another one makes another secret.")


class MintedState(MintedInputs, State):
    pass


Made = TypeVar("Made", bound=MintedState)


class Minted(Resource[MintedInputs, Made], Generic[Made]):
    """A secret. Nothing is outside the state, so there is nothing to adopt, to drift or to delete."""

    inputs = MintedInputs

    @abstractmethod
    def mint(self, inputs: MintedInputs) -> Made:
        """Another secret."""

    def forecast(self, old: Made | None, inputs: MintedInputs) -> Mapping[str, Any]:
        if old is None or old.rotation != inputs.rotation:
            return {}
        return old.model_dump(exclude={"rotation"})

    def create(self, name: str, inputs: MintedInputs) -> tuple[str, Made]:
        return name, self.mint(inputs)

    def read(self, id: str, state: Made) -> Made | None:
        return state

    def update(self, id: str, old: Made, inputs: MintedInputs) -> Made:
        return self.mint(inputs) if old.rotation != inputs.rotation else old

    def delete(self, id: str, state: Made) -> None:
        pass
