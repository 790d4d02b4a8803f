"""Where an instance keeps its artifacts."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from pulumi import ComponentResource, Resource, ResourceOptions

from trackstack.components.kubernetes.place import Place
from trackstack.components.kubernetes.volume import claim
from trackstack.components.naming import part
from trackstack.components.settings.base import SecretRef
from trackstack.components.settings.bucket import BucketSettings
from trackstack.components.settings.size import Preset

_BY_ITSELF = "direct"
"""The mode of a server that is not told any."""
FOLDER = "/artifacts"
"""Where the volume of kind folder is mounted."""


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """Inputs of `Bucket`."""

    place: Place
    settings: BucketSettings
    preset: Preset


class Bucket(ComponentResource):
    """A folder on a volume, or a bucket that is there, spoken to as S3."""

    uri: str
    """The artifact root: a folder's path, or s3://bucket/prefix."""
    volume: str | None
    """The claim of the folder's volume."""
    port: int | None
    """The TCP port that pods reach it at; None for a folder."""
    env: dict[str, str | SecretRef]
    """What the server has to know to reach it, as environment."""
    ready: list[Resource]

    def __init__(self, name: str, args: BucketArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:kubernetes:Bucket", name, {}, opts)
        place, settings = args.place, args.settings
        self.env = {}
        self.ready = []
        self.volume = self.port = None
        if settings.claim:
            self.uri, self.volume = FOLDER, settings.claim
        elif settings.kind == "folder":
            made = claim(
                part(name, "volume"),
                place,
                "artifacts",
                storage=settings.storage or args.preset.artifact_storage,
                storage_class=settings.storage_class,
                keep=settings.keep,
                parent=self,
            )
            self.uri, self.volume, self.ready = FOLDER, place.name("artifacts"), [made]
        else:
            self.uri = settings.url
            self.env = _environment(settings)
            self.port = _port(settings.endpoint)
        self.register_outputs({"uri": self.uri})


def _environment(settings: BucketSettings) -> dict[str, str | SecretRef]:
    env: dict[str, str | SecretRef] = {}
    if settings.endpoint:
        env["AWS_ENDPOINT_URL"] = settings.endpoint.rstrip("/")
    if settings.region:
        env["AWS_REGION"] = settings.region
    if settings.access_key and settings.secret_key:
        env["AWS_ACCESS_KEY_ID"] = settings.access_key
        env["AWS_SECRET_ACCESS_KEY"] = settings.secret_key
    if settings.mode != _BY_ITSELF:
        env["TRACKSTACK_SERVER_ARTIFACT_MODE"] = settings.mode
    return env


def _port(endpoint: str) -> int:
    parts = urlsplit(endpoint)
    return parts.port or (80 if parts.scheme == "http" else 443)
