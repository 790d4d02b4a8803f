"""An access token whose digest others keep."""

from pydantic import Field

from trackstack import tokens
from trackstack.providers.resource import SECRET
from trackstack.providers.secrets.minted import Minted, MintedInputs, MintedState


class TokenState(MintedState):
    token_id: str = Field(description="The token's public part.")
    value: str = Field(description="The whole token.", json_schema_extra=SECRET)
    digest: str = Field(description="What a server is told of it: token id and SHA-256.")


class MintedToken(Minted[TokenState]):
    """A token in the format of every server; whoever takes it keeps the digest only."""

    kind = "trackstack:secrets:MintedToken"
    state = TokenState

    def mint(self, inputs: MintedInputs) -> TokenState:
        token = tokens.mint()
        digest = f"{token.id} {token.digest}"
        return TokenState(rotation=inputs.rotation, token_id=token.id, value=token.text, digest=digest)
