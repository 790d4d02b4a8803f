"""Secrets that a stack makes, as Pulumi classes: they live in its state alone, encrypted."""

from pulumi import Input, Output, ResourceOptions

from trackstack.components.local.resources import LocalResource


class Minted(LocalResource):
    """A secret made by chance; another `rotation` makes another one."""

    module = "secrets"
    outputs: tuple[str, ...] = ("value",)

    value: Output[str]
    """A secret."""

    def __init__(self, name: str, *, rotation: Input[str] = "", opts: ResourceOptions | None = None) -> None:
        secret = ResourceOptions(additional_secret_outputs=["value"])
        super().__init__(name, {"rotation": rotation}, self.outputs, ResourceOptions.merge(opts, secret))


class Password(Minted):
    """256 random bits, fit for a URL."""


class MintedToken(Minted):
    """An access token; `digest` is what a server is told of it."""

    outputs = ("token_id", "value", "digest")

    token_id: Output[str]
    digest: Output[str]
