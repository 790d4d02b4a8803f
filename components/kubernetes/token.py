"""The token with which an instance's owner begins."""

from dataclasses import dataclass

from pulumi import ComponentResource, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import Secret

from trackstack.components.kubernetes.place import Place, child
from trackstack.components.naming import part
from trackstack.components.secrets import MintedToken
from trackstack.components.settings.base import SecretRef

DIGEST_KEY = "admin-token"
"""The key of the token's id and SHA-256, all that the server's pods get to know."""
TOKEN_KEY = "token"  # noqa: S105 - a key's name


@dataclass(frozen=True, kw_only=True)
class TokenArgs:
    """Inputs of `TokenSecret`."""

    place: Place
    rotation: str = ""
    """Any text; another one mints another token."""
    given: SecretRef | None = None
    """A Secret's key with `<token id> <SHA-256>` that is there already."""


class TokenSecret(ComponentResource):
    """The admin token: whole in the stack's state, encrypted, and in one Secret; its digest in another,
    which is the only one that pods mount."""

    value: Output[str]
    """The token, a secret; empty where it was given from outside."""
    digest: SecretRef
    """Where the server finds `<token id> <SHA-256>`."""

    def __init__(self, name: str, args: TokenArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:kubernetes:TokenSecret", name, {}, opts)
        place = args.place
        if args.given:
            self.digest = args.given
            self.value = Output.from_input("")
        else:
            token = MintedToken(
                part(name, "admin"), rotation=args.rotation, opts=ResourceOptions(parent=self)
            )
            self.digest = SecretRef(name=place.name("digest"), key=DIGEST_KEY)
            self.value = token.value
            # An update in place: pods see another digest within a minute, and need no restart.
            Secret(
                part(name, "digest"),
                metadata=place.meta("digest", "token"),
                string_data={DIGEST_KEY: token.digest},
                opts=child(self),
            )
            Secret(
                part(name, "token"),
                metadata=place.meta("token", "token"),
                string_data={TOKEN_KEY: token.value},
                opts=child(self),
            )
        self.register_outputs({})
