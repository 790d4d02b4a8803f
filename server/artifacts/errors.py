"""What can go wrong with an artifact, each with its MLflow error code."""

from trackstack.server.config import ConfigError
from trackstack.server.errors import (
    INVALID_PARAMETER_VALUE,
    NOT_IMPLEMENTED,
    RESOURCE_DOES_NOT_EXIST,
    TEMPORARILY_UNAVAILABLE,
    ApiError,
)


class InvalidPathError(ApiError):
    """The path could not name an artifact. Never says why: the answer is the same for all such paths."""

    def __init__(self) -> None:
        super().__init__(INVALID_PARAMETER_VALUE, "Invalid path")


class InvalidLocationError(ApiError):
    """The location does not lie in this server's artifact store."""

    def __init__(self, message: str) -> None:
        super().__init__(INVALID_PARAMETER_VALUE, message)


class ArtifactNotFoundError(ApiError):
    """No artifact has this path."""

    def __init__(self, path: object) -> None:
        super().__init__(RESOURCE_DOES_NOT_EXIST, f"No such artifact: '{path}'")


class ArtifactIsFolderError(ApiError):
    """The path names a folder where a file is needed."""

    def __init__(self, path: object) -> None:
        message = f"Artifact path refers to a directory, not a file: '{path}'"
        super().__init__(INVALID_PARAMETER_VALUE, message)


class PathTakenError(ApiError):
    """A file stands where the path needs a folder."""

    def __init__(self, path: object) -> None:
        message = f"A file is in the way of artifact path '{path}'. Choose another path."
        super().__init__(INVALID_PARAMETER_VALUE, message)


class UnsupportedError(ApiError):
    """This kind of store cannot do what was asked."""

    def __init__(self, message: str) -> None:
        super().__init__(NOT_IMPLEMENTED, message)


class StoreUnavailableError(ApiError):
    """The store cannot be reached or refuses us; worth trying again. The cause is chained, never shown."""

    def __init__(self) -> None:
        super().__init__(TEMPORARILY_UNAVAILABLE, "The artifact store is not available. Try again later.")


class StoreFullError(ApiError):
    """No space is left for the artifact."""

    def __init__(self) -> None:
        message = "The artifact store is full. Free space or delete artifacts, then try again."
        super().__init__(TEMPORARILY_UNAVAILABLE, message, 507)


class StoreConfigError(ConfigError):
    """This server's artifact root cannot be used; its text is one line that says what to change."""
