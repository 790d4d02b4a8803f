"""A password, or any other secret text."""

import secrets

from pydantic import Field

from trackstack.providers.resource import SECRET
from trackstack.providers.secrets.minted import Minted, MintedInputs, MintedState


class PasswordState(MintedState):
    value: str = Field(description="256 random bits, base64url: fit for a URL.", json_schema_extra=SECRET)


class Password(Minted[PasswordState]):
    """A secret text of 256 random bits."""

    kind = "trackstack:secrets:Password"
    state = PasswordState

    def mint(self, inputs: MintedInputs) -> PasswordState:
        return PasswordState(rotation=inputs.rotation, value=secrets.token_urlsafe(32))
