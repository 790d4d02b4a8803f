"""Waiting until an object is up, or gone; what stands in the way is told."""

import time
from threading import Event
from typing import Any

from trackstack.providers.kubernetes import annotations, conditions, pods
from trackstack.providers.kubernetes.cluster import Cluster
from trackstack.providers.kubernetes.errors import ApiError
from trackstack.providers.kubernetes.readiness import Judge, Readiness, condition, judge_of
from trackstack.providers.resource import ResourceError

Document = dict[str, Any]

_LOOK_SECONDS = 2
"""How often pods are asked what they suffer from; the object itself is watched."""
_LASTING_SECONDS = 30
"""A registry that does not answer, a quota that is used up may pass; after so long they are told."""
_HAVE_PODS = frozenset(
    ("DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "ReplicationController", "StatefulSet")
)


class NotReady(ResourceError):
    """The object is there but not up; `live` is how it was seen last, `reasons` what is known besides."""

    def __init__(self, text: str, live: Document, reasons: list[str]) -> None:
        super().__init__("; ".join([text, *reasons]))
        self.live = live


class Waiting:
    """Waits in one cluster until `cancelled` is set."""

    def __init__(self, cluster: Cluster, cancelled: Event) -> None:
        self._cluster = cluster
        self._cancelled = cancelled

    def until_ready(self, inputs: Document, live: Document, seconds: float) -> Document:
        """The object once it is up. Raises NotReady."""
        judge = conditions.asked(inputs) or judge_of(live)
        if judge is None or annotations.says(inputs, annotations.SKIP_AWAIT):
            return live
        deadline, what = time.monotonic() + seconds, _name(live)
        noted: dict[str, float] = {}
        looked = 0.0
        while True:
            told = self._judged(judge, live)
            if told.ready:
                return live
            now = time.monotonic()
            found: list[pods.Reason] = []
            if told.failed or now >= deadline or now - looked >= _LOOK_SECONDS:
                found, looked = self._reasons(live), now
                noted = {each.text: noted.get(each.text, now) for each in found}
            if told.failed or any(_is_final(each, now - noted[each.text]) for each in found):
                text = told.failed or f"waits for {told.waits_for}"
                raise NotReady(f"{what}: {text}", live, [each.text for each in found])
            if now >= deadline:
                text = f"{what} is not ready after {seconds:g} s, it waits for {told.waits_for}"
                raise NotReady(text, live, [each.text for each in found])
            if self._cancelled.is_set():
                raise NotReady(f"{what}: given up while waiting for {told.waits_for}", live, [])
            live = self._next(live, min(deadline - now, _LOOK_SECONDS))

    def until_gone(self, live: Document, seconds: float) -> None:
        """Return once the object is gone or another is in its place. Raises ResourceError."""
        deadline, uid = time.monotonic() + seconds, live["metadata"].get("uid")
        found = self._cluster.find(live)
        while found is not None and (uid is None or found["metadata"]["uid"] == uid):
            now = time.monotonic()
            if now >= deadline or self._cancelled.is_set():
                raise ResourceError(f"{_name(found)} is still there after {seconds:g} s: {_held(found)}")
            found = self._next(found, min(deadline - now, _LOOK_SECONDS), gone=True)

    def _judged(self, judge: Judge, live: Document) -> Readiness:
        told = judge(live)
        if told.ready or live.get("kind") != "PersistentVolumeClaim":
            return told
        return Readiness(True) if self._binds_later(live) else told

    def _binds_later(self, claim: Document) -> bool:
        """Whether the claim waits, as it should, for the first pod that uses it."""
        name = claim["spec"].get("storageClassName")
        wanted = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}
        storage = self._cluster.find(wanted) if name else None
        return storage is not None and storage.get("volumeBindingMode") == "WaitForFirstConsumer"

    def _reasons(self, live: Document) -> list[pods.Reason]:
        if live.get("kind") not in _HAVE_PODS:
            return []
        try:
            return pods.reasons(self._cluster, live)
        except ApiError:
            return []  # who may not list pods is told what the object itself says

    def _next(self, live: Document, seconds: float, *, gone: bool = False) -> Any:
        """The object after its next change, or as it is when `seconds` are over; None when it is `gone`."""
        metadata = live["metadata"]
        query = {
            "fieldSelector": f"metadata.name={metadata['name']}",
            "resourceVersion": metadata["resourceVersion"],
        }
        folder = self._cluster.kind(live).folder(metadata.get("namespace", ""))
        for event in self._cluster.client.watch(folder, max(1, round(seconds)), **query):
            if event["type"] in ("ADDED", "MODIFIED"):
                return event["object"]
            break  # deleted, or this version is too old to go on from
        found = self._cluster.find(live)
        if found is None and not gone:
            raise ResourceError(f"{_name(live)} was deleted by somebody else while it was waited for")
        return found


def _is_final(reason: pods.Reason, seconds: float) -> bool:
    return reason.final or (reason.lasting and seconds >= _LASTING_SECONDS)


def _name(found: Document) -> str:
    metadata = found["metadata"]
    where = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{found.get('kind')} {where}{metadata['name']}"


def _held(found: Document) -> str:
    """What keeps an object from going."""
    if not found["metadata"].get("deletionTimestamp"):
        return "it was made anew, or its deletion was not begun"
    kinds = ("NamespaceFinalizersRemaining", "NamespaceContentRemaining", "NamespaceDeletionContentFailure")
    told = [str(c.get("message")) for kind in kinds if (c := condition(found, kind)).get("status") == "True"]
    finalizers = found["metadata"].get("finalizers") or (found.get("spec") or {}).get("finalizers") or []
    return "; ".join(told) or f"it waits for its finalizers: {', '.join(finalizers) or 'none'}"
