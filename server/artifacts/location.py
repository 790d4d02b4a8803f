"""Artifact locations: which URIs lie in this server's own store.

A client may name a place in our store, as `mlflow-artifacts:/path` or, when the store has a URI of its own
(a bucket, or a folder that the operator gave as `file:///…`), below that. Nothing else is accepted, least of
all another local path: the server opens only its own store, by the parsed path, never the text that came in.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from trackstack.server.artifacts.errors import InvalidLocationError, InvalidPathError
from trackstack.server.artifacts.paths import ArtifactPath

MAX_LOCATION_CHARS = 2048
PROXY_SCHEME = "mlflow-artifacts"

_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//[^/]*)?(.*)", re.DOTALL)
_REPEATED_SLASHES = re.compile("/{2,}")


@dataclass(frozen=True, slots=True)
class Location:
    """A folder of our store, with the URI under which clients are told of it.

    `base` is `mlflow-artifacts:` for what clients reach through this server, or the store's own URI for what
    they reach without it.
    """

    path: ArtifactPath
    base: str = f"{PROXY_SCHEME}:"

    @property
    def proxied(self) -> bool:
        """Whether clients read and write it through this server."""
        return self.base == f"{PROXY_SCHEME}:"

    @property
    def uri(self) -> str:
        return f"{self.base}/{self.path}" if self.path.parts else f"{self.base}/"

    def __truediv__(self, relative: str) -> "Location":
        """The location below; raises InvalidPathError where `relative` could leave it."""
        return Location(self.path / ArtifactPath.parse(relative), self.base)


@dataclass(frozen=True, slots=True)
class Locations:
    """What locations this server accepts: its proxy's, and those below `own` (such as `s3://b/prefix`)."""

    own: str | None = None
    """The store's own URI, without a slash at its end."""
    direct: bool = False
    """Whether clients are told the store's own URI unless they name a place, and so reach it on their own."""

    @property
    def bases(self) -> tuple[str, ...]:
        """What the URIs of places in the store begin with."""
        return (f"{PROXY_SCHEME}:", self.own) if self.own else (f"{PROXY_SCHEME}:",)

    def of_experiment(self, experiment_id: int) -> Location:
        """Where an experiment's artifacts lie unless its creator says otherwise."""
        base = self.own if self.direct and self.own else f"{PROXY_SCHEME}:"
        return Location(ArtifactPath.parse(str(experiment_id)), base)

    def parse(self, text: str) -> Location:
        """The location that `text` names. Raises InvalidLocationError for what is not ours."""
        if len(text) > MAX_LOCATION_CHARS:
            raise InvalidLocationError(
                f"The artifact location has {len(text)} characters; at most {MAX_LOCATION_CHARS} are allowed."
            )
        if any(char in text for char in "#?") or "#" in unquote(text) or "?" in unquote(text):
            raise InvalidLocationError("'artifact_location' URL can't include fragments or params.")
        base, path = self._split(text)
        try:
            return Location(ArtifactPath.parse_folder(_REPEATED_SLASHES.sub("/", path).lstrip("/")), base)
        except InvalidPathError:
            raise InvalidLocationError(f"Invalid artifact location: {_shown(text)}.") from None

    def _split(self, text: str) -> tuple[str, str]:
        """The base that is ours and the path below it."""
        if self.own and (text == self.own or text.startswith(f"{self.own}/")):
            return self.own, text[len(self.own) :]
        match = _URI.fullmatch(text)
        # A host would be another server's (or ours under a name we cannot check), so none is allowed.
        if match and match[1].lower() == PROXY_SCHEME and match[2] in (None, "//"):
            return f"{PROXY_SCHEME}:", match[3]
        choices = "mlflow-artifacts:/<path>" + (f" or {self.own}/<path>" if self.own else "")
        raise InvalidLocationError(
            f"Artifact location {_shown(text)} is not in this server's artifact store; use {choices}."
        )


def _shown(text: str) -> str:
    """The text as it may stand in a message: quoted, cut, nothing that acts on a terminal or a page."""
    return f"'{quote(text[:100], safe=':/ ._-', errors='replace')}'"
