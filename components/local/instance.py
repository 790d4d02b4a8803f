"""A tracking instance on this machine."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi import Output, ResourceOptions

from trackstack.components.instance import Outputs, TrackingInstance
from trackstack.components.local.bucket import Bucket, BucketArgs
from trackstack.components.local.database import Database, DatabaseArgs
from trackstack.components.local.deployment import Deployment, DeploymentArgs
from trackstack.components.local.ingress import Ingress, IngressArgs
from trackstack.components.local.resources import Folder
from trackstack.components.local.retention import RetentionArgs, RetentionJob
from trackstack.components.local.token import TokenArgs, TokenSecret
from trackstack.components.naming import part


@dataclass(frozen=True, kw_only=True)
class LocalArgs:
    """Inputs of `LocalInstance`, all known beforehand. Raises ValueError for a relative folder."""

    data_dir: str
    """Absolute path of the folder that holds everything the instance keeps; deleted with it."""
    retention: str
    """How long deleted experiments are kept, such as 30d."""
    port: int | None = None
    """Port on loopback; None: a free one, which is kept."""
    running: bool = True
    """Whether its server runs; a stopped instance keeps everything."""
    rotation: str = ""
    """Any text; another one mints another admin token."""
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not os.path.isabs(self.data_dir):
            raise ValueError(f"data_dir must be an absolute path, got {self.data_dir!r}")


class LocalInstance(TrackingInstance):
    """A server process on loopback, a SQLite file and a folder."""

    data_dir: Output[str]
    log_file: Output[str]
    bucket: Output[str]
    database_url: Output[str]
    port: Output[int]
    retention: Output[str]

    def __init__(self, name: str, args: LocalArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(name, args.description, args.labels, opts)
        child = ResourceOptions(parent=self)
        folder = Folder(part(name, "data"), path=args.data_dir, opts=child)
        self.data_dir = folder.path
        database = Database(part(name, "database"), DatabaseArgs(data_dir=self.data_dir), child)
        bucket = Bucket(part(name, "bucket"), BucketArgs(data_dir=self.data_dir), child)
        ingress = Ingress(part(name, "ingress"), IngressArgs(port=args.port), child)
        token = TokenSecret(
            part(name, "token"), TokenArgs(data_dir=self.data_dir, rotation=args.rotation), child
        )
        retention = RetentionJob(
            part(name, "retention"), RetentionArgs(data_dir=self.data_dir, retention=args.retention), child
        )
        deployment = Deployment(
            part(name, "deployment"),
            DeploymentArgs(
                data_dir=self.data_dir,
                host=ingress.host,
                port=ingress.port,
                artifact_root=bucket.uri,
                running=args.running,
                triggers=(database.incarnation, bucket.incarnation, token.id),
            ),
            # The server reads the retention at its start, too.
            ResourceOptions(parent=self, depends_on=[retention]),
        )
        self.url, self.port = ingress.url, ingress.port
        self.token = token.value
        self.log_file = deployment.log_file
        self.bucket = bucket.uri
        self.database_url = database.url
        self.retention = retention.retention
        self.register_outputs(self.outputs)

    @property
    def outputs(self) -> Outputs:
        return {
            "url": self.url,
            "token": self.token,
            "port": self.port,
            "data_dir": self.data_dir,
            "log_file": self.log_file,
            "bucket": self.bucket,
            "database_url": self.database_url,
            "retention": self.retention,
        }
