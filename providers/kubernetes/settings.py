"""The provider's own inputs, under pulumi-kubernetes' names, and the cluster that they lead to."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from trackstack.providers.kubernetes.client import Client
from trackstack.providers.kubernetes.errors import Unreachable
from trackstack.providers.resource import Failure
from trackstack.providers.values import UNKNOWN, Properties, reveal

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_POOL = 64
"""Connections kept open, for as many operations at once."""

_IGNORED = ("suppressDeprecationWarnings", "suppressHelmHookWarnings", "version")
_FLAGS = (
    "deleteUnreachable",
    "enableConfigMapMutable",
    "enablePatchForce",
    "enableSecretMutable",
    "enableServerSideApply",
    "upsertExistingObjects",
)
_TEXTS = ("kubeconfig", "context", "cluster", "namespace", "clusterIdentifier")
SERVED = (*_TEXTS, *_FLAGS, "kubeClientSettings")
"""The inputs that mean something here."""


@dataclass(frozen=True)
class Settings:
    """A provider resource's inputs. `kubeconfig` is a path, several joined by `:`, or the contents."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    namespace: str = ""
    mutable_config_maps: bool = False
    mutable_secrets: bool = False
    force: bool = False
    upsert: bool = False
    delete_unreachable: bool = False
    seconds: float = 0

    @classmethod
    def parse(cls, sent: Properties) -> "Settings":
        """Inputs that `failures` found nothing wrong with."""
        given = reveal(sent)

        def flag(name: str, variable: str) -> bool:
            value = given.get(name, os.environ.get(variable))
            return value is True or value == "true"

        return cls(
            kubeconfig=_text(given.get("kubeconfig")),
            context=_text(given.get("context")),
            cluster=_text(given.get("cluster")),
            namespace=_text(given.get("namespace")),
            mutable_config_maps=flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
            mutable_secrets=flag("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
            force=flag("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
            upsert=flag("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
            delete_unreachable=flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
            seconds=float(_object(given.get("kubeClientSettings")).get("timeout") or 0),
        )

    def cluster_key(self) -> str:
        """What tells two clusters apart: the entry that the kubeconfig, context and cluster lead to."""
        try:
            document = self._document()
            return json.dumps(_chosen(document, "clusters", self._cluster_name(document)), sort_keys=True)
        except (Unreachable, OSError, yaml.YAMLError):
            return ""

    def default_namespace(self) -> str:
        """The namespace of objects that name none."""
        if self.namespace:
            return self.namespace
        try:
            document = self._document()
        except (Unreachable, OSError, yaml.YAMLError):
            account = _ACCOUNT / "namespace"
            return account.read_text().strip() if account.is_file() else "default"
        context = _chosen(document, "contexts", self.context or document.get("current-context", ""))
        return _text(context.get("context", {}).get("namespace")) or "default"

    def connect(self) -> Client:
        """A client of the cluster. Raises Unreachable where it is not known how to get there."""
        from kubernetes import client, config
        from kubernetes.config import kube_config

        found = type.__call__(
            client.Configuration
        )  # not the default that others in this process may have set
        found.connection_pool_maxsize = _POOL
        try:
            if not self.kubeconfig and not self._paths() and (_ACCOUNT / "token").is_file():
                load: Any = config.load_incluster_config
                load(client_configuration=found)
            else:
                document = self._document()
                context = self.context or document.get("current-context", "")
                chosen = _chosen(document, "contexts", context)
                if self.cluster:
                    chosen["context"]["cluster"] = self.cluster
                loader: Any = kube_config.KubeConfigLoader
                loader(document, active_context=context, config_base_path="").load_and_set(found)
        except (config.ConfigException, OSError, yaml.YAMLError, KeyError) as error:
            raise Unreachable(f"no cluster can be found by the kubeconfig: {error}") from error
        transport = client.ApiClient(found)
        return Client(transport, self.seconds) if self.seconds else Client(transport)

    def _cluster_name(self, document: Mapping[str, Any]) -> str:
        if self.cluster:
            return self.cluster
        context = _chosen(document, "contexts", self.context or document.get("current-context", ""))
        return _text(context.get("context", {}).get("cluster"))

    def _paths(self) -> list[Path]:
        asked = self.kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config"
        if "\n" in asked or asked.lstrip().startswith("{"):
            return []
        return [
            path for text in asked.split(os.pathsep) if text and (path := Path(text).expanduser()).is_file()
        ]

    def _document(self) -> dict[str, Any]:
        """The kubeconfig, several merged: the first that names something wins."""
        paths = self._paths()
        if not paths and not self.kubeconfig:
            raise Unreachable("there is no kubeconfig: set KUBECONFIG, or the provider's input `kubeconfig`")
        documents = [_read(path) for path in paths] or [_mapping(yaml.safe_load(self.kubeconfig), "it")]
        merged: dict[str, Any] = {"current-context": ""}
        for part in ("clusters", "contexts", "users"):
            names: set[str] = set()
            merged[part] = []
            for entry in (entry for document in documents for entry in document.get(part) or ()):
                if entry.get("name") not in names:
                    names.add(entry.get("name"))
                    merged[part].append(entry)
        for document in documents:
            merged["current-context"] = merged["current-context"] or document.get("current-context", "")
        return merged


def failures(sent: Properties) -> Iterator[Failure]:
    """What is wrong with a provider's inputs; looks at no cluster."""
    for key, value in reveal(sent).items():
        if value == UNKNOWN or value is None or value == "":
            continue
        if key not in (*SERVED, *_IGNORED):
            yield Failure(key, "is not served without the Pulumi CLI and its kubernetes plugin")
        elif key in _FLAGS and value not in (True, False, "true", "false"):
            yield Failure(key, f"takes true or false, got {value!r}")
        elif key == "enableServerSideApply" and value in (False, "false"):
            yield Failure(key, "everything is applied server-side here; false needs the Pulumi CLI")


def _read(path: Path) -> dict[str, Any]:
    """A kubeconfig's document, the files that it names made absolute."""
    document = _mapping(yaml.safe_load(path.read_text("utf-8")), str(path))
    named = {
        "clusters": ("certificate-authority",),
        "users": ("client-certificate", "client-key", "tokenFile"),
    }
    for part, keys in named.items():
        for entry in document.get(part) or ():
            body = entry.get(part.removesuffix("s")) or {}
            for key in keys:
                if body.get(key):
                    body[key] = str(path.parent / body[key])
    return document


def _mapping(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreachable(f"{what[:80]} is neither a kubeconfig nor the path of one")
    return value


def _chosen(document: Mapping[str, Any], part: str, name: str) -> dict[str, Any]:
    for entry in document.get(part) or ():
        if entry.get("name") == name:
            found: dict[str, Any] = entry
            return found
    raise Unreachable(f"the kubeconfig has no {part.removesuffix('s')} {name!r}")


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return json.dumps(value)
    return value if isinstance(value, str) else ""


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str) and value:
        value = json.loads(value)
    return value if isinstance(value, Mapping) else {}
