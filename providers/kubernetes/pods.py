"""Why a workload's pods do not come up, in words: image, crash and its last log lines, no node, refusal."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trackstack.providers.kubernetes.cluster import Cluster
from trackstack.providers.kubernetes.errors import ApiError
from trackstack.providers.kubernetes.readiness import condition

Document = dict[str, Any]

_LOG_LINES = 10
_RESTARTS = 5
"""A container that ended so often is not waiting for something that starts a little later."""

_AT_ONCE = frozenset(("ErrImageNeverPull", "InvalidImageName"))
_IN_A_WHILE = frozenset(("ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError"))
_MANY = 5


@dataclass(frozen=True)
class Reason:
    """One reason; `final`: it will not go away by itself; `lasting`: not if it is still there in a while."""

    text: str
    final: bool = False
    lasting: bool = False


def reasons(cluster: Cluster, found: Document) -> list[Reason]:
    """What the pods of a workload (or the pod itself) suffer from; empty where nothing is known."""
    if found.get("kind") == "Pod":
        return list(_of_pod(cluster, found))
    generation = int(found["metadata"].get("generation", 0))
    if int((found.get("status") or {}).get("observedGeneration", generation)) < generation:
        return []  # what there is is of before the change
    told = [reason for pod in _pods(cluster, found) for reason in _of_pod(cluster, pod)]
    return (told or list(_refusals(cluster, found)))[:_MANY]


def _pods(cluster: Cluster, found: Document) -> list[Document]:
    """The newest first; those on their way out, and those of an earlier version, are not looked at."""
    selector = (found.get("spec") or {}).get("selector") or {}
    labels = selector.get("matchLabels") if "matchLabels" in selector else selector
    if not labels or not all(isinstance(value, str) for value in labels.values()):
        return []
    text = ",".join(f"{key}={value}" for key, value in labels.items())
    owners = _owners(cluster, found, text)
    listed = _listed(cluster, "v1", "Pod", found, text)
    pods = [pod for pod in listed if not pod["metadata"].get("deletionTimestamp") and _owned(pod, owners)]
    return sorted(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]), reverse=True)


def _listed(cluster: Cluster, api_version: str, kind: str, found: Document, labels: str) -> list[Document]:
    folder = cluster.discovery.kind(api_version, kind).folder(found["metadata"].get("namespace", "default"))
    return cluster.client.get(folder, labelSelector=labels).get("items") or []


def _owners(cluster: Cluster, found: Document, labels: str) -> set[str]:
    """Whose pods tell how the object is: its own uid, of a Deployment those of its present version's sets."""
    metadata = found["metadata"]
    if found.get("kind") != "Deployment":
        return {metadata["uid"]}
    mine, revision = {metadata["uid"]}, _revision(found)
    sets = [each for each in _listed(cluster, "apps/v1", "ReplicaSet", found, labels) if _owned(each, mine)]
    present = (each for each in sets if each["spec"].get("replicas") and _revision(each) == revision)
    return {each["metadata"]["uid"] for each in present}


def _revision(found: Document) -> str:
    return str((found["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision"))


def _owned(found: Document, owners: set[str]) -> bool:
    return any(owner["uid"] in owners for owner in found["metadata"].get("ownerReferences") or ())


def _of_pod(cluster: Cluster, pod: Document) -> Iterator[Reason]:
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        yield Reason(f"pod {name} has no node: {scheduled.get('message')}")
    for container in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
        yield from _of_container(cluster, pod, container)


def _of_container(cluster: Cluster, pod: Document, container: Document) -> Iterator[Reason]:
    name = f"pod {pod['metadata']['name']}, container {container['name']}"
    state = container.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    last = (container.get("lastState") or {}).get("terminated") or {}
    why = str(waiting.get("reason", ""))
    if (
        why == "CrashLoopBackOff"
        or ended.get("exitCode")
        or (last.get("exitCode") and not container["ready"])
    ):
        times = int(container.get("restartCount", 0))
        how = ended or last
        code, told = how.get("exitCode", "unknown"), how.get("reason", "")
        text = f"{name} ended with exit code {code}{f' ({told})' if told else ''}, {times} restarts"
        yield Reason(
            text + _last_words(cluster, pod, container, previous=not ended), final=times >= _RESTARTS
        )
    elif why and why not in ("ContainerCreating", "PodInitializing"):
        text = f"{name}: {why}: {waiting.get('message', '')} (image {container.get('image')})"
        yield Reason(text, final=why in _AT_ONCE, lasting=why in _IN_A_WHILE)
    elif state.get("running") and not container["ready"]:
        yield Reason(f"{name} runs, but its readiness probe does not succeed")


def _last_words(cluster: Cluster, pod: Document, container: Document, *, previous: bool) -> str:
    """What the container said last: reason enough to read a log by hand that is otherwise gone."""
    path = f"{cluster.path({'apiVersion': 'v1', 'kind': 'Pod', **pod})}/log"
    query = {"container": container["name"], "tailLines": str(_LOG_LINES)}
    try:
        said = cluster.client.text(path, **query, **({"previous": "true"} if previous else {}))
    except ApiError:
        return ""  # the node has none, or nobody may read it
    return f"; it said last:\n{said.rstrip()}" if said.strip() else ""


def _refusals(cluster: Cluster, found: Document) -> Iterator[Reason]:
    """Why there are no pods: quota or admission, as the controller was told."""
    refused = condition(found, "ReplicaFailure")
    if refused.get("status") == "True":
        yield _refusal(str(refused.get("message")))
        return
    namespace = found["metadata"].get("namespace", "default")
    folder = cluster.discovery.kind("v1", "Event").folder(namespace)
    selector = f"involvedObject.uid={found['metadata']['uid']},type=Warning"
    events = cluster.client.get(folder, fieldSelector=selector).get("items") or []
    for message in dict.fromkeys(str(event.get("message")) for event in events):
        yield _refusal(message)


def _refusal(message: str) -> Reason:
    policy = "violates PodSecurity" in message
    return Reason(message, final=policy, lasting="exceeded quota" in message)
