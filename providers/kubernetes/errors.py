"""What a cluster answers when it does not do as asked."""

import re
from typing import Any

from trackstack.providers.resource import ResourceError

_IMMUTABLE = re.compile(
    r"immutable|may not (?:be )?change|can ?not (?:be )?change|may not be (?:modified|updated)"
    r"|updates to .* (?:are|is) forbidden"
)
_UNAUTHORIZED = re.compile(r'User "[^"]*" cannot ')


class Unreachable(ResourceError):
    """No cluster answers, or it is not known which."""


class NotServed(ResourceError):
    """The cluster has no such kind (yet)."""


class Conflict(ResourceError):
    """Others own fields that were applied with other values."""


class ApiError(ResourceError):
    """A refusal of the API server, told in its own words; `status` is its `Status` document."""

    def __init__(self, code: int, status: dict[str, Any]) -> None:
        super().__init__(str(status.get("message") or f"the API server answered {code}"))
        self.code = code
        self.reason = str(status.get("reason", ""))
        self.causes: list[dict[str, Any]] = (status.get("details") or {}).get("causes") or []
        self.about: dict[str, Any] = status.get("details") or {}

    @property
    def not_found(self) -> bool:
        """There is no such object, or not the namespace that it should be in."""
        return self.code == 404

    @property
    def no_namespace(self) -> bool:
        """The namespace is not there."""
        return self.not_found and self.about.get("kind") == "namespaces"

    @property
    def conflict(self) -> bool:
        """Others own fields that were applied with other values."""
        return self.code == 409 and any(c.get("reason") == "FieldManagerConflict" for c in self.causes)

    @property
    def immutable(self) -> list[str]:
        """The fields that cannot be changed in an object that exists; none for any other refusal."""
        if self.code != 422:
            return []
        return [
            str(cause.get("field", ""))
            for cause in self.causes
            if _IMMUTABLE.search(str(cause.get("message")))
        ]

    @property
    def unauthorized(self) -> bool:
        """The user may not do this at all: no admission rule was asked."""
        return self.code == 403 and _UNAUTHORIZED.search(str(self)) is not None

    @property
    def passing(self) -> bool:
        """What the request needs is perhaps only not there yet."""
        return self.no_namespace or (self.code == 403 and "error looking up service account" in str(self))
