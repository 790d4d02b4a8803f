"""Fields whose change needs another object, known without asking the cluster.

What the API server refuses to change it says itself, in a dry run; this is what comes before that: what makes
an object another one, and what pulumi-kubernetes replaces though it could be changed, so that whoever goes on
with the stack plans the same.
"""

from typing import Any

from trackstack.providers.kubernetes.paths import Path, parse

Document = dict[str, Any]

IDENTITY = (parse("metadata.name"), parse("metadata.namespace"))
"""What makes an object another one; of a patch, what it is a patch of."""

_CONFIG_MAP = ("data", "binaryData")
_SECRET = ("data", "stringData", "type")
_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "PersistentVolumeClaim"): (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    ("", "ResourceQuota"): ("spec.scopes",),
    ("", "Service"): ("spec.clusterIP",),
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "StatefulSet"): (
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    ("batch", "Job"): ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner"),
}


def fields(found: Document, *, mutable_config_maps: bool, mutable_secrets: bool) -> tuple[Path, ...]:
    """The fields of this object."""
    return (*IDENTITY, *map(parse, _kind(found, mutable_config_maps, mutable_secrets)))


def group(api_version: str) -> str:
    """The API group; empty for the core group."""
    return api_version.rpartition("/")[0]


def _kind(found: Document, mutable_config_maps: bool, mutable_secrets: bool) -> tuple[str, ...]:
    key = (group(str(found.get("apiVersion", ""))), str(found.get("kind", "")))
    immutable = found.get("immutable") is True
    if key == ("", "ConfigMap"):
        return _CONFIG_MAP if immutable or not mutable_config_maps else ()
    if key == ("", "Secret"):
        return _SECRET if immutable or not mutable_secrets else ("type",)
    return _FIELDS.get(key, ())
