"""A tracking instance on AWS: its pods on EKS, all it keeps in the account."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import Input, Output, ResourceOptions
from pulumi_kubernetes.core.v1 import VolumeArgs

from trackstack.components.aws import domain, policies
from trackstack.components.aws.bucket import Bucket, BucketArgs
from trackstack.components.aws.cloud import Cloud
from trackstack.components.aws.database import Database, DatabaseArgs
from trackstack.components.aws.domain import Address, AddressArgs, Certificate, CertificateArgs
from trackstack.components.aws.identity import Identity, IdentityArgs
from trackstack.components.aws.key import Key, KeyArgs
from trackstack.components.aws.role import ROLE, DatabaseRole, RoleArgs
from trackstack.components.aws.secrets import Secrets, SecretsArgs
from trackstack.components.instance import Outputs
from trackstack.components.kubernetes import container, pod
from trackstack.components.kubernetes.instance import Backing, KubernetesArgs, KubernetesInstance
from trackstack.components.kubernetes.place import Place
from trackstack.components.naming import part
from trackstack.components.secrets import MintedToken, Password
from trackstack.components.settings.aws import AwsSettings
from trackstack.components.settings.bucket import BucketSettings
from trackstack.components.settings.database import DatabaseSettings
from trackstack.components.settings.exposure import ExposureSettings
from trackstack.components.settings.kubernetes import KubernetesSettings

POD_IDENTITY_AGENT = "169.254.170.23/32"
_PROVIDED, _AUTHORITY, _AUTHORITY_FILE = "provided", "authority", "ca.pem"
SERVER = "server"
"""The part whose service account the server's pods have."""


@dataclass(frozen=True, kw_only=True)
class AwsArgs(KubernetesArgs):
    """Inputs of `AwsInstance`: those of its pods, whose database and bucket are these."""

    aws: AwsSettings
    region: str


class AwsInstance(KubernetesInstance):
    """Database, bucket, secrets and roles on AWS, nothing of it open to anybody but the instance's pods."""

    def __init__(self, name: str, args: AwsArgs, opts: ResourceOptions | None = None) -> None:
        self._cloud = Cloud(
            instance=name, settings=args.aws, region=args.region, size=args.settings.size, labels=args.labels
        )
        super().__init__(name, args, opts)
        if args.aws.domain.zone:
            address = AddressArgs(cloud=self._cloud, host=args.settings.exposure.host, target=self.address)
            Address(part(name, "address"), address, ResourceOptions(parent=self))

    @property
    def outputs(self) -> Outputs:
        return {**super().outputs, **self._known}

    def _backing(self, name: str, args: KubernetesArgs, place: Place) -> Backing:
        mine, cloud = ResourceOptions(parent=self), self._cloud
        key = Key(part(name, "kms"), KeyArgs(cloud=cloud), mine)
        bucket = Bucket(part(name, "s3"), BucketArgs(cloud=cloud, key=key), mine)
        database = Database(part(name, "rds"), DatabaseArgs(cloud=cloud, key=key), mine)
        token = MintedToken(part(name, "admin"), rotation=args.rotation, opts=mine)
        secrets = Secrets(
            part(name, "secrets"),
            SecretsArgs(
                cloud=cloud,
                place=place,
                key=key,
                token=token.value,
                digest=token.digest,
                database_url=self._database_url(name, database),
            ),
            mine,
        )
        allowed = _allowed(cloud, bucket, secrets.arn, key)
        server = Identity(
            part(name, "identity"),
            IdentityArgs(cloud=cloud, place=place, role=SERVER, statements=allowed),
            mine,
        )
        ready = (*server.ready, *bucket.ready, *database.ready, *secrets.ready)
        if args.running:
            ready += (self._role(name, args, place, key, database, secrets),)
        self._known = {
            "region": Output.from_input(cloud.region),
            "database": database.host,
            "secret_arn": secrets.arn,
            "role_arn": server.arn,
        }
        return Backing(
            settings=_settings(args.settings, cloud, bucket, database, secrets),
            token=token.value,
            ready=ready,
            account_annotations=server.annotations,
            ingress_annotations=self._way_in(name, args.settings.exposure),
            volumes=_volumes(cloud, secrets),
            addressed=bool(cloud.settings.domain.zone),
        )

    def _database_url(self, name: str, database: Database) -> Output[str]:
        """Of a role and a database of the instance's own; both are called after it, whatever the server."""
        password = Password(part(name, "password"), opts=ResourceOptions(parent=self))
        own = self._cloud.name().replace("-", "_")
        return Output.concat(
            f"postgresql://{own}:",
            password.value,
            "@",
            database.host,
            f":{database.port}/{own}?{self._tls}",
        )

    @property
    def _tls(self) -> str:
        """How the database's connections are secured, as libpq has it."""
        if not self._cloud.settings.database.ca_secret:
            return "sslmode=require"
        return f"sslmode=verify-full&sslrootcert={container.SECRETS}/{_AUTHORITY}/{_AUTHORITY_FILE}"

    def _role(
        self, name: str, args: KubernetesArgs, place: Place, key: Key, database: Database, secrets: Secrets
    ) -> DatabaseRole:
        mine, cloud = ResourceOptions(parent=self), self._cloud
        read, locks = [database.admin_secret], [key.arn]
        if cloud.settings.database.kind == "shared":
            given = cloud.settings.database.admin_kms_key
            locks = [Output.from_input(given) if given else None]
        if secrets.secret_class:  # whose secrets are fetched for the pod that mounts it, with its own role
            read, locks = [*read, secrets.arn], [*locks, key.arn]
        allowed = Output.all(*read).apply(policies.secret_access)
        reads = _with_keys(allowed, locks, cloud, "secretsmanager")
        identity = Identity(
            part(name, "setup-identity"),
            IdentityArgs(cloud=cloud, place=place, role=ROLE, statements=reads),
            mine,
        )
        job = RoleArgs(
            place=place,
            settings=args.settings,
            identity=identity,
            admin_secret=database.admin_secret,
            region=cloud.region,
            database_url=secrets.database_url,
            volumes=_volumes(cloud, secrets),
            ready=(*database.ready, *secrets.ready),
        )
        return DatabaseRole(part(name, "setup"), job, mine)

    def _way_in(self, name: str, exposure: ExposureSettings) -> dict[str, Input[str]]:
        settings = self._cloud.settings.domain
        if not settings.zone and not settings.certificate:
            return {}
        asked = CertificateArgs(cloud=self._cloud, host=exposure.host)
        certificate = Certificate(part(name, "certificate"), asked, ResourceOptions(parent=self))
        return dict(domain.alb_annotations(self._cloud, certificate.arn))


def _settings(
    settings: KubernetesSettings, cloud: Cloud, bucket: Bucket, database: Database, secrets: Secrets
) -> KubernetesSettings:
    """The pods' settings, with what is on AWS in place of what would be in the cluster."""
    agent = (POD_IDENTITY_AGENT,) if cloud.settings.identity == "pod-identity" else ()
    tls = settings.exposure.tls or bool(cloud.settings.domain.zone or cloud.settings.domain.certificate)
    changes: dict[str, Any] = {
        "database": DatabaseSettings(kind="url", secret=secrets.database_url, port=database.port),
        "bucket": BucketSettings(
            kind="s3", url=bucket.uri, region=cloud.region, mode=cloud.settings.bucket.mode
        ),
        "admin_token": secrets.digest,
        "egress": (*settings.egress, *agent),
        "exposure": settings.exposure.model_copy(update={"tls": tls}),
    }
    return settings.model_copy(update=changes)


def _volumes(cloud: Cloud, secrets: Secrets) -> dict[str, VolumeArgs]:
    """What pods have to mount for their secrets, and to know the database by."""
    volumes = {}
    if secrets.secret_class:
        volumes[_PROVIDED] = pod.provided(_PROVIDED, secrets.secret_class)
    if authority := cloud.settings.database.ca_secret:
        volumes[_AUTHORITY] = pod.secret(_AUTHORITY, authority, _AUTHORITY_FILE)
    return volumes


def _allowed(cloud: Cloud, bucket: Bucket, secret: Output[str], key: Key) -> Output[list[dict[str, Any]]]:
    """What the server's pods may do: with these objects, and with this secret."""
    objects = policies.bucket_access(bucket.arn, bucket.prefix)
    statements = secret.apply(lambda arn: [*objects, *policies.secret_access([arn])])
    return _with_keys(statements, [key.arn], cloud, "s3", "secretsmanager")


def _with_keys(
    statements: Output[list[dict[str, Any]]],
    keys: Sequence[Output[str] | None],
    cloud: Cloud,
    *services: str,
) -> Output[list[dict[str, Any]]]:
    given = [key for key in keys if key is not None]
    if not given:
        return statements
    suffix = "amazonaws.com.cn" if cloud.partition == "aws-cn" else "amazonaws.com"
    through = [f"{service}.{cloud.region}.{suffix}" for service in services]
    both = Output.all(statements, Output.all(*given))
    return both.apply(lambda known: [*known[0], *policies.key_access(known[1], through)])
