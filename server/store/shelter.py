"""What must stay although it is deleted: the files of registered versions, and other experiments' folders."""

from collections.abc import Callable, Iterable

from sqlalchemy import select

from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.store.purging import EXPERIMENT, LOGGED_MODEL, RUN
from trackstack.server.store.schema import registry, tracking
from trackstack.server.store.statements import Statement
from trackstack.server.store.transaction import Transaction

Locate = Callable[[str], ArtifactPath | None]
Parts = tuple[str, ...]

_models = registry.registered_models
_versions = registry.model_versions

VERSIONS = Statement(
    select(
        _models.c.name,
        _versions.c.version,
        _versions.c.run_id,
        _versions.c.source,
        _versions.c.storage_location,
    ).join(_models, _models.c.id == _versions.c.model_id)
)
LOCATIONS = Statement(select(tracking.experiments.c.id, tracking.experiments.c.artifact_location))


class Shelter:
    """Made within the transaction that decides, so that nothing registered meanwhile is overlooked.

    `locate` gives the path of a URI in the artifact store, None where it is not ours.
    """

    def __init__(self, tx: Transaction, locate: Locate) -> None:
        self._owners: dict[tuple[str, str], str] = {}
        self._versions = _Folders()
        self._experiments = _Folders()
        for name, version, run_id, source, location in tx.all(VERSIONS):
            reference = f"models:/{name}/{version}"
            if run_id:
                self._owners.setdefault((RUN, run_id), reference)
            if source.startswith("models:/m-"):
                self._owners.setdefault(
                    (LOGGED_MODEL, source.removeprefix("models:/").split("/")[0]), reference
                )
            if (path := locate(location)) is not None:
                self._versions.add(path.parts, reference)
        for id_, location in tx.all(LOCATIONS):
            if (path := locate(location)) is not None:
                self._experiments.add(path.parts, str(id_))

    def needed_by(self, kind: str, name: str, path: ArtifactPath | None) -> str | None:
        """The registered version that needs a thing, as models:/<name>/<version>."""
        owner = self._owners.get((kind, name))
        if owner is None and path is not None:
            owner = next(iter(self._versions.touching(path.parts)), None)
        return owner

    def shared(self, kind: str, experiment_id: int | None, path: ArtifactPath) -> bool:
        """Whether another experiment keeps files in this folder, or for an experiment's, around it."""
        if kind == EXPERIMENT:
            return bool(self._experiments.touching(path.parts) - {str(experiment_id)})
        return bool(self._experiments.within(path.parts))


class _Folders:
    """Folders by their owners, found by what lies in them and around them."""

    def __init__(self) -> None:
        self._owners: dict[Parts, set[str]] = {}
        self._below: dict[Parts, set[str]] = {}

    def add(self, parts: Parts, owner: str) -> None:
        self._owners.setdefault(parts, set()).add(owner)
        for length in range(len(parts) + 1):
            self._below.setdefault(parts[:length], set()).add(owner)

    def within(self, parts: Parts) -> set[str]:
        """The owners of `parts` and of folders in it."""
        return self._below.get(parts, set())

    def touching(self, parts: Parts) -> set[str]:
        """The same, and those of the folders around it."""
        around: Iterable[Parts] = (parts[:length] for length in range(1, len(parts)))
        return self.within(parts).union(*(self._owners.get(folder, set()) for folder in around))
