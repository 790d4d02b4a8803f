"""Instances as they are: read from specs, states and the process table, without pulumi."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from trackstack.engine.snapshot import Snapshot
from trackstack.providers.local.process import Identity
from trackstack.stacks import pods
from trackstack.stacks.errors import InstanceNotFound, InvalidSpec, StackError, StackNotFound
from trackstack.stacks.passphrase import passphrase
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec, stack_name
from trackstack.stacks.tail import last_lines

State = Literal["pending", "reconciling", "active", "stopped", "impaired"]

ADDRESS = "trackstack:local:LoopbackAddress"
FOLDER = "trackstack:local:Folder"
SERVER = "trackstack:local:ServerProcess"
INSTANCE = "trackstack:index:TrackingInstance"
PODS = "kubernetes:apps/v1:Deployment"
CLUSTER = "pulumi:providers:kubernetes"


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An instance: what it is to be, and what it is.

    `pending` was never brought up; `reconciling` is worked on now; `impaired` is neither running nor stopped
    as the last operation left it, or cannot be read, and `error` says why.
    """

    spec: InstanceSpec
    stack: str
    state: State
    data_dir: Path
    url: str = ""
    port: int | None = None
    created: datetime | None = None
    updated: datetime | None = None
    error: str = ""

    @property
    def wanted(self) -> State:
        """The state that its spec asks for."""
        return "active" if self.spec.running else "stopped"

    @property
    def as_specified(self) -> bool:
        """Whether it is in the state that its spec asks for."""
        return self.state == self.wanted

    @property
    def may_answer(self) -> bool:
        """Whether its own server may be what answers at its URL; else somebody else may listen there."""
        return self.state in ("active", "reconciling")

    @property
    def namespace(self) -> str:
        """Where its objects are in a cluster; empty on this machine."""
        return pods.namespace(self.stack, self.spec) if self.spec.in_cluster else ""

    @property
    def address(self) -> str:
        """Its URL, also while it is being made; empty of one of this machine that has no port yet."""
        if self.url:
            return self.url
        if self.spec.in_cluster:
            return pods.url(self.stack, self.spec)
        port = self.port or self.spec.port
        return f"http://127.0.0.1:{port}" if port else ""

    @property
    def lost(self) -> list[str]:
        """Which of `database` and `artifacts` go with it when it is deleted."""
        if not self.spec.in_cluster:
            return ["database", "artifacts"]
        database, bucket = self.spec.kubernetes.database, self.spec.kubernetes.bucket
        goes = {
            "database": database.kind != "url" and not (database.keep or database.claim),
            "artifacts": not (bucket.remote or bucket.keep or bucket.claim),
        }
        return [what for what, gone in goes.items() if gone]

    @property
    def log_file(self) -> Path:
        """What its server writes."""
        return self.data_dir / "server.log"


@dataclass(frozen=True)
class Recorded:
    """What an instance's file and state say; `now` adds what is not written down."""

    spec: InstanceSpec
    stack: str
    data_dir: Path
    made: bool = False
    interrupted: bool = False
    server: Mapping[str, Any] | None = None
    port: int | None = None
    url: str = ""
    created: datetime | None = None
    updated: datetime | None = None
    error: str = ""

    @property
    def has_process(self) -> bool:
        """Whether its state is also that of a process of this machine, of which no file says when it ends."""
        return self.server is not None and "pid" in self.server

    def now(self, *, locked: bool) -> Instance:
        """The instance at this moment; `locked` is whether an operation holds the stack."""
        return Instance(
            spec=self.spec,
            stack=self.stack,
            state=self._state(locked),
            data_dir=self.data_dir,
            url=self.url,
            port=self.port,
            created=self.created,
            updated=self.updated,
            error=self.error,
        )

    def _state(self, locked: bool) -> State:
        if self.error:
            return "impaired"
        if not self.made:
            return "pending"
        if locked:
            return "reconciling"
        if self.server is None or self.interrupted:
            return "impaired"
        if not self.server.get("running"):
            return "stopped"
        return "active" if _alive(self.server) else "impaired"


def list_instances(project: Project) -> list[Instance]:
    """Every instance of the project, by stack name; one that cannot be read is among them, impaired."""
    return [_now(project, each) for each in _all_recorded(project)]


def show(project: Project, name: str) -> Instance:
    """The instance of that name. Raises InstanceNotFound."""
    return _now(project, recorded(project, find(project, name)))


def find(project: Project, name: str) -> str:
    """The stack of that name, else that of the only instance which is called so. Raises InstanceNotFound."""
    stack = stack_name(name)
    if exists(project, stack):
        return stack
    called = [each.stack for each in _all_recorded(project) if each.spec.name == name]
    if len(called) == 1:
        return called[0]
    if called:
        raise InstanceNotFound(f"{len(called)} instances are called {name!r}; say which: {', '.join(called)}")
    raise _missing(project, name)


def exists(project: Project, stack: str) -> bool:
    """Whether the stack has a file or a state."""
    if "/" in stack or stack in ("", ".", "..") or not project.exists():
        return False
    return project.settings_path(stack).is_file() or project.stack(stack).exists()


def last_update(project: Project, stack: str) -> tuple[int, int, bool] | None:
    """Of the last operation: when it began, when it ended (seconds since 1970), whether it succeeded.

    None where there was none, or where the record of it is damaged: only the state itself is needed to go on.
    """
    update = None
    with suppress(StackError):
        update = project.stack(stack).last_update()
    return (update.start_time, update.end_time, update.succeeded) if update else None


def token(project: Project, name: str) -> str:
    """The instance's admin token. Raises InstanceNotFound, StackError."""
    stack = project.stack(find(project, name))
    outputs = stack.outputs(passphrase(), show_secrets=True) if stack.exists() else {}
    if "token" not in outputs:
        raise InstanceNotFound(f"{name} has no token yet; `trackstack up {name}` makes it")
    if not outputs["token"]:
        raise StackError(f"{name} was given its admin token (kubernetes.admin_token): only its giver has it")
    return str(outputs["token"])


def read_spec(project: Project, stack: str) -> InstanceSpec:
    """The spec in the stack's file. Raises InvalidSpec naming the file, StackError where it is no YAML."""
    settings = project.settings(stack)
    if not settings.found:
        raise InvalidSpec(f"{settings.path} is missing; put it back, or delete the instance")
    try:
        return InstanceSpec.from_config(settings.plain())
    except InvalidSpec as error:
        raise InvalidSpec(f"{settings.path}: {error}") from None


def recorded_data_dir(project: Project, stack: str) -> Path | None:
    """The data folder that the stack's state names; None where there is none yet."""
    resources = _snapshot(project, stack).resources
    folders = [each.outputs["path"] for each in resources if each.type == FOLDER and "path" in each.outputs]
    return Path(min(folders, key=len)) if folders else None  # the others lie in it


def recorded_target(project: Project, stack: str) -> str:
    """Where the stack's state says that the instance runs; this machine where it says nothing."""
    clusters = any(each.type == CLUSTER for each in _snapshot(project, stack).resources)
    return "kubernetes" if clusters else "local"


def recorded(project: Project, stack: str) -> Recorded:
    """What is written down of the instance; what cannot be read is its `error`.

    Raises InstanceNotFound where nothing is, also of one that is deleted meanwhile.
    """
    data_dir = project.data_dir(stack)
    spec = InstanceSpec.model_construct(name=stack)
    try:
        spec = read_spec(project, stack)
        return Recorded(spec, stack, data_dir, **_state(project, stack))
    except StackError as error:
        if not exists(project, stack):
            raise _missing(project, stack) from None
        return Recorded(spec, stack, data_dir, error=str(error))


def look(project: Project, instance: Instance) -> Instance:
    """The instance as it is now: of one in a cluster, as its pods are. `error` says what cannot be known."""
    brought_up = instance.state in ("active", "stopped", "impaired") and not instance.error
    if not (instance.spec.in_cluster and brought_up):
        return instance
    state: State
    try:
        state, error = pods.Pods.of(project.folder, instance.stack, instance.spec).state()
    except StackError as failure:
        state, error = "impaired", str(failure)
    return replace(instance, state=state, error=error)


def log(project: Project, instance: Instance, count: int) -> list[str]:
    """The last `count` lines of its server's log; in a cluster, of each of its pods. Raises StackError."""
    if instance.spec.in_cluster:
        return pods.Pods.of(project.folder, instance.stack, instance.spec).logs(count)
    return last_lines(instance.log_file, count)[0]


def _all_recorded(project: Project) -> Iterator[Recorded]:
    for stack in project.stacks():
        with suppress(InstanceNotFound):  # deleted since they were listed
            yield recorded(project, stack)


def _now(project: Project, found: Recorded) -> Instance:
    return found.now(locked=found.made and project.stack(found.stack).lock_holder() is not None)


def _missing(project: Project, name: str) -> InstanceNotFound:
    return InstanceNotFound(
        f"there is no instance {name!r} in {project.folder}; `trackstack list` shows those there are"
    )


def _snapshot(project: Project, stack: str) -> Snapshot:
    """The stack's state; an empty one where there is none, or none any more."""
    handle = project.stack(stack)
    try:
        return handle.snapshot()
    except StackNotFound:
        return Snapshot(handle.name)


def _state(project: Project, stack: str) -> dict[str, Any]:
    snapshot = _snapshot(project, stack)
    if not snapshot.resources and not snapshot.pending:
        return {}
    parts = {each.type: each.outputs for each in snapshot.resources if not each.delete}
    address = parts.get(ADDRESS) or parts.get(INSTANCE, {})
    return {
        "made": True,
        "interrupted": bool(snapshot.pending),
        "server": parts.get(SERVER) or _pods(parts.get(PODS)),
        "url": str(address.get("url", "")),
        "port": address.get("port"),
        "created": min(_times(each.created for each in snapshot.resources), default=None),
        "updated": max(_times(each.modified for each in snapshot.resources), default=None),
    }


def _pods(deployment: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the last operation saw of the pods, in the terms of a server process."""
    if deployment is None:
        return None
    wanted = deployment.get("spec", {}).get("replicas", 1)
    return {"running": wanted != 0, "ready": bool(deployment.get("status", {}).get("readyReplicas"))}


def _alive(server: Mapping[str, Any]) -> bool:
    """Whether the process runs now, or pods were ready when the last operation looked."""
    if "ready" in server:
        return bool(server["ready"])
    pid, started = server.get("pid"), server.get("started")
    return bool(pid and started and Identity(int(pid), float(started)).process())


def _times(texts: Iterable[str | None]) -> list[datetime]:
    """Times as states have them: RFC 3339, always UTC."""
    return [datetime.fromisoformat(text) for text in texts if text]
