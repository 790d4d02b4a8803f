"""The server's artifacts: its one store, and the locations that lie in it."""

from trackstack.server.artifacts.location import Location, Locations
from trackstack.server.artifacts.multipart import MultipartUploads
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.store import ArtifactStore, SignsLinks


class Artifacts:
    """`store` holds the files; `uploads` and `links` are there when the store lets clients reach it."""

    def __init__(
        self,
        store: ArtifactStore,
        locations: Locations,
        *,
        uploads: MultipartUploads | None = None,
        links: SignsLinks | None = None,
    ) -> None:
        self.store = store
        self.locations = locations
        self.uploads = uploads
        self.links = links

    def location(self, text: str, experiment_id: int) -> str:
        """What is stored as an experiment's artifact location when the client asks for `text` ('' for ours).

        Raises InvalidLocationError for a place outside the store.
        """
        place = self.locations.parse(text) if text else self.locations.of_experiment(experiment_id)
        return place.uri

    def place(self, uri: str) -> Location:
        """Where a stored URI (of an experiment, run or logged model) lies in the store."""
        return self.locations.parse(uri)

    def uris(self, path: str) -> list[str]:
        """Every URI under which clients may be told of a path, or folder, of the store."""
        place = ArtifactPath.parse_folder(path)
        return [Location(place, base).uri for base in self.locations.bases]

    def below(self, uri: str, path: ArtifactPath) -> ArtifactPath:
        """`path` relative to a stored URI, as a path of the store."""
        return self.place(uri).path / path
