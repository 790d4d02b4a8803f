"""An instance's pods as its cluster has them now: their state, their logs. Nothing here is changed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from trackstack.components.kubernetes import names
from trackstack.stacks.errors import StackError
from trackstack.stacks.spec import InstanceSpec

if TYPE_CHECKING:
    from trackstack.providers.kubernetes.cluster import Cluster

_POLL_S = 1.0
_CONTAINER = "server"
State = Literal["active", "stopped", "reconciling", "impaired"]


@dataclass(frozen=True)
class Pods:
    """The server's pods of the instance `stack`. Everything raises StackError in one line."""

    stack: str
    spec: InstanceSpec
    cluster: "Cluster"

    @classmethod
    def of(cls, folder: Path, stack: str, spec: InstanceSpec) -> "Pods":
        """Those of an instance of the project in `folder`; nothing is asked yet."""
        from trackstack.providers.kubernetes.cluster import Cluster  # imports pulumi
        from trackstack.providers.kubernetes.settings import Settings

        path = kubeconfig(folder, spec)
        return cls(stack, spec, Cluster(Settings(kubeconfig=path or "", context=spec.kubernetes.context)))

    @property
    def namespace(self) -> str:
        """Where they are."""
        return namespace(self.stack, self.spec)

    @property
    def server(self) -> str:
        """What their Deployment and their Service are called."""
        return names.dns_name(self.stack, "server")

    def version(self) -> str:
        """The version of the cluster, which answers."""
        return str(self._get("/version").get("gitVersion", ""))

    def has_claim(self, name: str) -> bool:
        """Whether there is a PersistentVolumeClaim of that name where the pods are, or will be."""
        from trackstack.providers.resource import ResourceError

        path = f"/api/v1/namespaces/{self.namespace}/persistentvolumeclaims/{name}"
        try:
            return self.cluster.client.find(path) is not None
        except ResourceError as error:
            raise StackError(str(error)) from None

    def state(self) -> tuple[State, str]:
        """`active`, `stopped`, `reconciling` or `impaired`, and why it is impaired."""
        from trackstack.providers.kubernetes.pods import reasons
        from trackstack.providers.resource import ResourceError

        try:
            path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{self.server}"
            found = self.cluster.client.find(path)
            if found is None:
                return "impaired", f"there is no Deployment {self.server} in the namespace {self.namespace}"
            wanted, status = found["spec"].get("replicas", 1), found.get("status", {})
            if wanted == 0:
                return ("reconciling" if status.get("replicas") else "stopped"), ""
            if status.get("readyReplicas"):
                return "active", ""
            told = reasons(self.cluster, found)
            return ("impaired", "; ".join(each.text for each in told)) if told else ("reconciling", "")
        except ResourceError as error:
            raise StackError(str(error)) from None

    def logs(self, lines: int) -> list[str]:
        """The last `lines` lines of each pod, the oldest first; after its name where there are several."""
        pods = self._names()
        found = [(pod, self._log(pod, tailLines=str(lines)).splitlines()) for pod in pods]
        return [_told(pod, line, pods) for pod, said in found for line in said]

    def follow(self) -> Iterator[str]:
        """Lines that pods write from now on, for ever; pods may come and go."""
        since = dict.fromkeys(self._names(), _now())
        began = _now()
        while True:
            time.sleep(_POLL_S)
            pods = self._names()
            for pod in pods:
                last = since.get(pod, began)
                for stamped in self._log(pod, timestamps="true", sinceTime=last).splitlines():
                    moment, _, line = stamped.partition(" ")
                    if moment > last:
                        since[pod] = moment
                        yield _told(pod, line, pods)

    def _names(self) -> list[str]:
        labels = names.selector(self.stack, "server")
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        found = self._get(f"/api/v1/namespaces/{self.namespace}/pods", labelSelector=selector)["items"]
        found.sort(key=lambda pod: pod["metadata"]["creationTimestamp"])
        return [pod["metadata"]["name"] for pod in found]

    def _log(self, pod: str, **query: str) -> str:
        from trackstack.providers.kubernetes.errors import ApiError
        from trackstack.providers.resource import ResourceError

        path = f"/api/v1/namespaces/{self.namespace}/pods/{pod}/log"
        try:
            return self.cluster.client.text(path, container=_CONTAINER, **query)
        except ApiError:
            return ""  # it has not begun, or is gone
        except ResourceError as error:
            raise StackError(str(error)) from None

    def _get(self, path: str, **query: str) -> dict[str, Any]:
        from trackstack.providers.resource import ResourceError

        try:
            return self.cluster.client.get(path, **query)
        except ResourceError as error:
            raise StackError(str(error)) from None


def namespace(stack: str, spec: InstanceSpec) -> str:
    """The namespace of the instance."""
    return spec.kubernetes.namespace or names.dns_name(stack)


def url(stack: str, spec: InstanceSpec) -> str:
    """Where the instance is to be reached, from outside its cluster if there is a way in."""
    service = names.service_url(names.dns_name(stack, "server"), namespace(stack, spec))
    return spec.kubernetes.exposure.url or service


def forwarding(stack: str, spec: InstanceSpec) -> tuple[str, str]:
    """The command that brings the instance's service to this machine, and its URL here then."""
    context = f"--context {spec.kubernetes.context} " if spec.kubernetes.context else ""
    service = f"service/{names.dns_name(stack, 'server')}"
    command = f"kubectl {context}-n {namespace(stack, spec)} port-forward {service} {names.PORT}"
    return command, f"http://localhost:{names.PORT}"


def kubeconfig(folder: Path, spec: InstanceSpec) -> str | None:
    """The path of the kubeconfig that a spec of the project in `folder` names; None where it names none."""
    given = spec.kubernetes.kubeconfig
    return str(folder / Path(given).expanduser()) if given else None


def _told(pod: str, line: str, pods: list[str]) -> str:
    return f"{pod}  {line}" if len(pods) > 1 else line


def _now() -> str:
    """The moment as the API server has it; times of one length can be compared as texts."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000000Z", time.gmtime())
