"""What an instance on AWS keeps secret, in Secrets Manager and for its pods."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions
from pulumi_aws import secretsmanager
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import Secret

from trackstack.components.aws.cloud import Cloud, owned
from trackstack.components.aws.key import Key
from trackstack.components.kubernetes.place import Place, child
from trackstack.components.naming import part
from trackstack.components.settings.base import SecretRef

TOKEN, DIGEST, URL = "token", "admin-token", "database-url"
_DAYS = 7
"""How long a deleted secret can be had back, the least that AWS allows."""
_EVERY = "1m"
"""How soon pods see another token."""
_OBJECT = "aws"


@dataclass(frozen=True, kw_only=True)
class SecretsArgs:
    """Inputs of `Secrets`: where they go, and what they are."""

    cloud: Cloud
    place: Place
    key: Key
    token: Input[str]
    digest: Input[str]
    """`<token id> <SHA-256>` of the token."""
    database_url: Input[str]


class Secrets(ComponentResource):
    """One secret in Secrets Manager with the admin token, its digest and the database's URL.

    Pods have the latter two, from a Kubernetes Secret: the stack writes it, or External Secrets or the
    Secrets Store CSI driver do with the pods' own role.
    """

    arn: Output[str]
    digest: SecretRef
    database_url: SecretRef
    secret_class: str
    """The SecretProviderClass that pods have to mount; empty where there is none."""
    ready: tuple[Resource, ...]

    def __init__(self, name: str, args: SecretsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:aws:Secrets", name, {}, opts)
        cloud = args.cloud
        secret = secretsmanager.Secret(
            part(name, "secret"),
            name=f"trackstack/{cloud.name()}",
            description=f"Trackstack instance {cloud.instance}",
            kms_key_id=args.key.arn,
            recovery_window_in_days=_DAYS,
            tags=cloud.tags("secret"),
            opts=owned(self, protect_name=True),
        )
        values: dict[str, Input[str]] = {
            TOKEN: args.token,
            DIGEST: args.digest,
            URL: args.database_url,
        }
        version = secretsmanager.SecretVersion(
            part(name, "version"),
            secret_id=secret.id,
            secret_string=Output.json_dumps(values),
            opts=owned(self),
        )
        self.arn = secret.arn
        self.secret_class = ""
        if cloud.settings.secrets == "external-secrets":
            made: Resource = self._external(name, args, secret.name, version)
        elif cloud.settings.secrets == "secrets-store-csi":
            made = self._provided(name, args, secret.name)
            self.secret_class = args.place.name(_OBJECT)
        else:
            made = self._plain(name, args.place, {key: values[key] for key in (DIGEST, URL)})
        self.ready = (version, made)
        self.digest = SecretRef(name=args.place.name(_OBJECT), key=DIGEST)
        self.database_url = SecretRef(name=args.place.name(_OBJECT), key=URL)
        self.register_outputs({"arn": self.arn})

    def _plain(self, name: str, place: Place, values: Mapping[str, Input[str]]) -> Secret:
        return Secret(
            part(name, "pods"),
            metadata=place.meta(_OBJECT, "server"),
            string_data=dict(values),
            opts=child(self),
        )

    def _external(
        self, name: str, args: SecretsArgs, secret: Output[str], version: Resource
    ) -> CustomResource:
        place = args.place
        account = {"serviceAccountRef": {"name": place.name("server")}}
        store = CustomResource(
            part(name, "store"),
            api_version="external-secrets.io/v1",
            kind="SecretStore",
            metadata=place.meta(_OBJECT, "server"),
            spec={
                "provider": {
                    "aws": {
                        "service": "SecretsManager",
                        "region": args.cloud.region,
                        "auth": {"jwt": account},
                    }
                }
            },
            opts=child(self),
        )
        return CustomResource(
            part(name, "pods"),
            api_version="external-secrets.io/v1",
            kind="ExternalSecret",
            metadata=place.meta(_OBJECT, "server"),
            spec={
                "refreshInterval": _EVERY,
                "secretStoreRef": {"kind": "SecretStore", "name": place.name(_OBJECT)},
                "target": {"name": place.name(_OBJECT), "creationPolicy": "Owner"},
                "data": [
                    {"secretKey": key, "remoteRef": {"key": secret, "property": key}} for key in (DIGEST, URL)
                ],
            },
            opts=child(self, depends_on=[store, version]),
        )

    def _provided(self, name: str, args: SecretsArgs, secret: Output[str]) -> CustomResource:
        """The driver makes the Secret when the first pod mounts this, and keeps it while any does."""
        place, settings = args.place, args.cloud.settings
        # A JMESPath, in which a name with a hyphen is quoted.
        keys = [{"path": f'"{key}"', "objectAlias": key} for key in (DIGEST, URL)]
        fetched = secret.apply(
            lambda known: [{"objectName": known, "objectType": "secretsmanager", "jmesPath": keys}]
        )
        return CustomResource(
            part(name, "pods"),
            api_version="secrets-store.csi.x-k8s.io/v1",
            kind="SecretProviderClass",
            metadata=place.meta(_OBJECT, "server"),
            spec={
                "provider": "aws",
                "parameters": {
                    "region": args.cloud.region,
                    "usePodIdentity": "true" if settings.identity == "pod-identity" else "false",
                    "objects": Output.json_dumps(fetched),  # YAML, and so JSON
                },
                "secretObjects": [
                    {
                        "secretName": place.name(_OBJECT),
                        "type": "Opaque",
                        "labels": place.object_labels("server"),
                        "data": [{"objectName": key, "key": key} for key in (DIGEST, URL)],
                    }
                ],
            },
            opts=child(self),
        )
