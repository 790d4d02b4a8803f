"""The token with which an instance's owner begins."""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions

from trackstack.components.local.resources import AdminToken
from trackstack.components.naming import part


@dataclass(frozen=True, kw_only=True)
class TokenArgs:
    """Inputs of `TokenSecret`."""

    data_dir: Input[str]
    rotation: Input[str] = ""
    """Any text; another one mints another token."""


class TokenSecret(ComponentResource):
    """The admin token: whole in the stack's state, encrypted; only its digest in the data folder."""

    value: Output[str]
    """The token, a secret."""
    id: Output[str]
    """Its public part, which changes with it."""

    def __init__(self, name: str, args: TokenArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:local:TokenSecret", name, {}, opts)
        self.token = AdminToken(
            part(name, "admin"),
            data_dir=args.data_dir,
            rotation=args.rotation,
            opts=ResourceOptions(parent=self),
        )
        self.value = self.token.value
        self.id = self.token.token_id
        self.register_outputs({"id": self.id})
