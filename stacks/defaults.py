"""What instances start from that others ask for: a file like a stack's, in which names are filled in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trackstack.components.kubernetes.names import dns_name
from trackstack.engine.settings import StackSettings
from trackstack.stacks.engines import by_cli
from trackstack.stacks.errors import InvalidSpec, StackError
from trackstack.stacks.project import Project
from trackstack.stacks.spec import NAMESPACE, InstanceSpec

PLACES = ("instance", "id", "project", "region")
"""What is filled in as `{instance}`: its name as a DNS label, no other's; its UUIDs; its region."""

_PLACE = re.compile(r"\{(\w+)\}")
_OWN = ("name", "id", "project", "region", "port", "running", "token_rotation")


@dataclass(frozen=True)
class Defaults:
    """Specs of new instances. `texts` are the settings of the file, `others` its further keys as they are."""

    texts: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path, project: Project) -> "Defaults":
        """Those of the file. Raises InvalidSpec for what no instance, or only one, could be made of."""
        try:
            settings = StackSettings.load(path)
            found = cls(
                {key: text for key, text in settings.plain().items() if key.startswith(f"{NAMESPACE}:")},
                {key: value for key, value in settings.config.items() if not key.startswith(f"{NAMESPACE}:")},
            )
            found._check(settings.secret_keys)
            by_cli(project.engine, found.example.target, project.folder)
        except StackError as error:
            raise InvalidSpec(f"{path}: {error}") from None
        return found

    @property
    def example(self) -> InstanceSpec:
        """What an instance would be of which nothing else is said. Raises InvalidSpec."""
        return self._example(1)

    def spec(self, stack: str, values: Mapping[str, Any]) -> InstanceSpec:
        """A new instance's, which is to be that stack: the file's, with `values` over it; labels are merged.

        Raises InvalidSpec.
        """
        places = {name: str(values[name]) for name in PLACES if name in values}
        places["instance"] = dns_name(stack)
        filled = {
            key: _PLACE.sub(lambda place: places.get(place[1], place[0]), text)
            for key, text in self.texts.items()
        }
        return InstanceSpec.from_config({f"{NAMESPACE}:name": stack, **filled}).changed(values)

    def _example(self, number: int) -> InstanceSpec:
        place = {"id": f"00000000-0000-4000-8000-{number:012}", "project": f"{number:032}", "region": "eu01"}
        return self.spec(f"example-{number}", place)

    def _check(self, secrets: Iterable[str]) -> None:
        for key in secrets:
            raise InvalidSpec(
                f"{key}: a secret of one stack cannot be read in another; name a Secret instead"
            )
        for name in _OWN:
            if f"{NAMESPACE}:{name}" in self.texts:
                raise InvalidSpec(f"{NAMESPACE}:{name} is every instance's own; leave it out")
        for key, text in self.texts.items():
            for name in _PLACE.findall(text):
                if name not in PLACES:
                    places = ", ".join(f"{{{place}}}" for place in PLACES)
                    raise InvalidSpec(f"{key}: {{{name}}} is not filled in; there are {places}")
        one, other = _places(self._example(1)), _places(self._example(2))
        for key, here in one.items():
            if here and here == other[key]:
                raise InvalidSpec(f"{key} would be the same for all instances; write {{instance}} into it")


def _places(spec: InstanceSpec) -> dict[str, object]:
    """Where an instance is reached and keeps its data; another's must be elsewhere."""
    pods, bucket = spec.kubernetes, spec.aws.bucket
    prefixed = bucket.existing and not bucket.prefix  # then each has a prefix of its own
    return {
        "kubernetes.exposure.host": pods.exposure.url,
        "kubernetes.bucket.url": pods.bucket.url,
        "kubernetes.bucket.claim": pods.bucket.claim,
        "kubernetes.database.claim": pods.database.claim,
        "kubernetes.database.secret": pods.database.secret,
        "aws.bucket.name": None if prefixed else bucket.name and (bucket.name, bucket.prefix),
    }
