"""When an object of a kind is up: judged by its own status, as its controller writes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trackstack.providers.kubernetes.replacing import group

Document = dict[str, Any]


@dataclass(frozen=True)
class Readiness:
    """`ready`, or what is waited for; `failed` says why it never will be."""

    ready: bool
    waits_for: str = ""
    failed: str = ""


READY = Readiness(True)

Judge = Callable[[Document], Readiness]


def judge_of(found: Document) -> Judge | None:
    """How to judge an object; None for a kind that is there as soon as it is stored."""
    return _JUDGES.get((group(str(found.get("apiVersion", ""))), str(found.get("kind", ""))))


def condition(found: Document, kind: str) -> Mapping[str, Any]:
    """The status condition of a type; empty when it is not set."""
    for each in (found.get("status") or {}).get("conditions") or ():
        if each.get("type") == kind:
            return dict(each)
    return {}


def _deployment(found: Document) -> Readiness:
    status, wanted = _status(found), found["spec"].get("replicas", 1)
    progress, refused = condition(found, "Progressing"), condition(found, "ReplicaFailure")
    if found["spec"].get("paused"):
        return READY
    if not _observed(found):
        return _waits("the controller to see the change")
    if progress.get("reason") == "ProgressDeadlineExceeded":
        return Readiness(False, failed=str(progress.get("message")))
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if refused.get("status") == "True":
        return _waits(f"pods that are refused: {refused.get('message')}")
    if updated < wanted:
        return _waits(f"{wanted} pods of the new version, {updated} are there")
    if status.get("replicas", 0) > updated:
        return _waits(f"{status['replicas'] - updated} pods of the old version to go")
    if available < wanted:
        return _waits(f"{wanted} pods to be available, {available} are")
    return READY


def _stateful_set(found: Document) -> Readiness:
    spec, status = found["spec"], _status(found)
    wanted, strategy = spec.get("replicas", 1), spec.get("updateStrategy") or {}
    if not _observed(found):
        return _waits("the controller to see the change")
    ready = status.get("readyReplicas", 0)
    if ready < wanted or status.get("replicas", 0) != wanted:
        return _waits(f"{wanted} pods to be ready, {ready} are")
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return READY
    partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    updated, wanted_new = status.get("updatedReplicas", 0), max(wanted - partition, 0)
    if status.get("updateRevision") != status.get("currentRevision") and updated < wanted_new:
        return _waits(f"{wanted_new} pods of the new version, {updated} are there")
    return READY


def _daemon_set(found: Document) -> Readiness:
    status = _status(found)
    wanted, available = status.get("desiredNumberScheduled", 0), status.get("numberAvailable", 0)
    if not _observed(found):
        return _waits("the controller to see the change")
    if (found["spec"].get("updateStrategy") or {}).get("type", "RollingUpdate") == "RollingUpdate":
        updated = status.get("updatedNumberScheduled", 0)
        if updated < wanted:
            return _waits(f"{wanted} pods of the new version, {updated} are there")
    return READY if available >= wanted else _waits(f"{wanted} pods to be available, {available} are")


def _replicas(found: Document) -> Readiness:
    wanted, ready = found["spec"].get("replicas", 1), _status(found).get("readyReplicas", 0)
    return READY if ready >= wanted else _waits(f"{wanted} pods to be ready, {ready} are")


def _pod(found: Document) -> Readiness:
    phase = _status(found).get("phase", "Pending")
    if phase == "Succeeded" or condition(found, "Ready").get("status") == "True":
        return READY
    if phase == "Failed":
        told = _status(found).get("message") or _status(found).get("reason") or "a container failed"
        return Readiness(False, failed=f"the pod failed: {told}")
    return _waits(f"the pod to be ready, it is {phase}")


def _job(found: Document) -> Readiness:
    failed, status = condition(found, "Failed"), _status(found)
    if found["spec"].get("suspend") or condition(found, "Complete").get("status") == "True":
        return READY
    if failed.get("status") == "True":
        return Readiness(False, failed=f"the job failed: {failed.get('message') or failed.get('reason')}")
    wanted = found["spec"].get("completions") or 1
    return _waits(f"{wanted} completions, {status.get('succeeded', 0)} succeeded")


def _claim(found: Document) -> Readiness:
    phase = _status(found).get("phase", "Pending")
    if phase == "Lost":
        return Readiness(False, failed="the volume of the claim is lost")
    return READY if phase == "Bound" else _waits(f"a volume, the claim is {phase}")


def _volume(found: Document) -> Readiness:
    phase = _status(found).get("phase", "Pending")
    if phase == "Failed":
        return Readiness(False, failed=f"the volume failed: {_status(found).get('message')}")
    return READY if phase in ("Available", "Bound") else _waits(f"the volume, it is {phase}")


def _service(found: Document) -> Readiness:
    if found["spec"].get("type") != "LoadBalancer":
        return READY
    return _address(found)


def _address(found: Document) -> Readiness:
    given = (_status(found).get("loadBalancer") or {}).get("ingress")
    return READY if given else _waits("an address from the load balancer's controller")


def _namespace(found: Document) -> Readiness:
    phase = _status(found).get("phase", "Active")
    return READY if phase == "Active" else _waits(f"the namespace to be Active, it is {phase}")


def _definition(found: Document) -> Readiness:
    names = condition(found, "NamesAccepted")
    if names.get("status") == "False":
        return Readiness(False, failed=f"the names are taken: {names.get('message')}")
    if condition(found, "Established").get("status") == "True":
        return READY
    return _waits("the definition to be established")


def _available(found: Document) -> Readiness:
    told = condition(found, "Available")
    if told.get("status") == "True":
        return READY
    return _waits(f"the service behind it: {told.get('message', 'not asked yet')}")


_JUDGES: dict[tuple[str, str], Judge] = {
    ("", "Namespace"): _namespace,
    ("", "PersistentVolume"): _volume,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): _pod,
    ("", "ReplicationController"): _replicas,
    ("", "Service"): _service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apiregistration.k8s.io", "APIService"): _available,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replicas,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
    ("networking.k8s.io", "Ingress"): _address,
}


def _status(found: Document) -> Document:
    return dict(found.get("status") or {})


def _observed(found: Document) -> bool:
    return int(_status(found).get("observedGeneration", 0)) >= int(found["metadata"].get("generation", 0))


def _waits(what: str) -> Readiness:
    return Readiness(False, waits_for=what)
