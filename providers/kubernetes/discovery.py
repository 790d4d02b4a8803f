"""Which kinds a cluster serves and where: asked per API version, once, and again for what was not there."""

import threading
from dataclasses import dataclass
from urllib.parse import quote

from trackstack.providers.kubernetes.client import Client, Document
from trackstack.providers.kubernetes.errors import ApiError, NotServed


@dataclass(frozen=True)
class Kind:
    """One kind of object in one API version."""

    api_version: str
    name: str
    plural: str
    namespaced: bool

    def folder(self, namespace: str = "") -> str:
        """The path of its objects, of one namespace or all."""
        root = "/apis" if "/" in self.api_version else "/api"
        inside = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        return f"{root}/{self.api_version}{inside}/{self.plural}"

    def path(self, name: str, namespace: str = "") -> str:
        """The path of one object."""
        return f"{self.folder(namespace or 'default')}/{quote(name, safe='')}"

    def path_of(self, found: Document) -> str:
        """The path of an object that names itself."""
        return self.path(found["metadata"]["name"], found["metadata"].get("namespace", ""))


class Discovery:
    """The kinds of one cluster."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._versions: dict[str, dict[str, Kind]] = {}

    def kind(self, api_version: str, name: str) -> Kind:
        """Raises NotServed when the cluster does not have it."""
        with self._lock:
            known = self._versions.get(api_version, {}).get(name)
            if known is None:  # it may have been defined since
                self._versions[api_version] = self._served(api_version)
                known = self._versions[api_version].get(name)
        if known is None:
            hint = "is its CustomResourceDefinition there?" if "." in api_version else "is the version right?"
            raise NotServed(f"the cluster has no kind {name} in {api_version}; {hint}")
        return known

    def _served(self, api_version: str) -> dict[str, Kind]:
        root = "/apis" if "/" in api_version else "/api"
        try:
            found = self._client.get(f"{root}/{quote(api_version, safe='/')}")
        except ApiError as error:
            if error.not_found:
                return {}
            raise
        return {
            entry["kind"]: Kind(api_version, entry["kind"], entry["name"], bool(entry["namespaced"]))
            for entry in found.get("resources", ())
            if "/" not in entry["name"]  # deployments/scale: a part of another
        }
