"""URNs: `urn:pulumi:<stack>::<project>::<qualified type>::<name>` (sdk/go/common/resource/urn)."""

from __future__ import annotations

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"


def make(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """The URN of a resource; its qualified type starts with the parent's, unless that is the stack."""
    parent_type = qualified_type(parent) if parent else ""
    prefix = "" if parent_type in ("", STACK_TYPE) else parent_type + "$"
    return f"urn:pulumi:{stack}::{project}::{prefix}{type_}::{name}"


def qualified_type(urn: str) -> str:
    """All types from the outermost parent to the resource, joined by `$`."""
    return urn.split("::", 3)[2]


def type_of(urn: str) -> str:
    """The resource's own type."""
    return qualified_type(urn).rpartition("$")[2]


def name_of(urn: str) -> str:
    """The name; it may itself contain `::`."""
    return urn.split("::", 3)[3]


def is_urn(text: str) -> bool:
    """Whether `text` has a URN's four parts."""
    return text.startswith("urn:pulumi:") and text.count("::") >= 3


def is_provider_type(type_: str) -> bool:
    """Whether resources of this type are providers themselves."""
    return type_.startswith(PROVIDER_PREFIX)


def package_of(type_: str) -> str:
    """The package of a resource type (`aws` of `aws:s3/bucket:Bucket` and of `pulumi:providers:aws`)."""
    return type_.removeprefix(PROVIDER_PREFIX) if is_provider_type(type_) else type_.split(":", 1)[0]


def make_reference(urn: str, id_: str) -> str:
    """A reference to a provider resource, as stored in a resource's `provider`."""
    return f"{urn}::{id_}"


def split_reference(reference: str) -> tuple[str, str]:
    """The URN and id of a provider reference. Raises ValueError if it is not one."""
    urn, separator, id_ = reference.rpartition("::")
    if not separator or not is_urn(urn) or not is_provider_type(type_of(urn)):
        raise ValueError(f"{reference!r} is not a provider reference")
    return urn, id_
