"""The bootstrap admin token: its text is a secret of the stack, its digest the server's."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from trackstack import tokens
from trackstack.providers.local import files
from trackstack.providers.resource import REPLACES, SECRET, Failure, Properties, Resource, State

FILE = "admin-token"


class TokenInputs(Properties):
    data_dir: str = Field(description="The server's data folder.", json_schema_extra=REPLACES)
    rotation: str = Field(default="", description="Any text; another one mints another token.")


class TokenState(TokenInputs, State):
    token_id: str = Field(description="The token's public part.")
    value: str = Field(description="The whole token.", json_schema_extra=SECRET)
    digest: str = Field(
        description="What the server's file says: token id and SHA-256; empty when it is missing."
    )


class AdminToken(Resource[TokenInputs, TokenState]):
    """A token that the server takes as its administrator's. The data folder holds only its SHA-256 (0600)."""

    kind = "trackstack:local:AdminToken"
    inputs = TokenInputs
    state = TokenState

    def check(self, inputs: TokenInputs) -> Iterable[Failure]:
        return files.absolute("dataDir", inputs.data_dir)

    def forecast(self, old: TokenState | None, inputs: TokenInputs) -> Mapping[str, Any]:
        if old is None or old.rotation != inputs.rotation:
            return {}
        return {"token_id": old.token_id, "digest": _line(tokens.Token(old.token_id, old.value))}

    def drift(self, state: TokenState) -> Iterable[str]:
        if state.digest != _line(tokens.Token(state.token_id, state.value)):
            yield "digest"

    def create(self, name: str, inputs: TokenInputs) -> tuple[str, TokenState]:
        """An interrupted `create` left a digest whose token nobody has seen: a new one takes its place."""
        token = tokens.mint()
        return str(_file(inputs)), self._write(token, inputs)

    def read(self, id: str, state: TokenState) -> TokenState | None:
        return state.model_copy(update={"digest": (files.read(Path(id)) or "").strip()})

    def update(self, id: str, old: TokenState, inputs: TokenInputs) -> TokenState:
        rotate = old.rotation != inputs.rotation
        return self._write(tokens.mint() if rotate else tokens.Token(old.token_id, old.value), inputs)

    def delete(self, id: str, state: TokenState) -> None:
        Path(id).unlink(missing_ok=True)

    def _write(self, token: tokens.Token, inputs: TokenInputs) -> TokenState:
        files.write(_file(inputs), _line(token) + "\n")
        return TokenState(**inputs.model_dump(), token_id=token.id, value=token.text, digest=_line(token))


def _file(inputs: TokenInputs) -> Path:
    return Path(inputs.data_dir) / FILE


def _line(token: tokens.Token) -> str:
    return f"{token.id} {token.digest}"
