"""The operations on instances: the only place that previews, ups, refreshes and destroys.

Each may be cut off anywhere, even by `kill -9`, and continued: `up` begins with a refresh and repeats what
was interrupted, for the provider adopts what is there; `delete` does the same first when something was
interrupted, so that nothing is left behind that the state does not know of.
"""

import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from trackstack.engine.lock import Holder
from trackstack.engine.options import Cancellation, Options
from trackstack.engine.result import Result
from trackstack.engine.secrets import Passphrase
from trackstack.engine.settings import StackSettings
from trackstack.engine.stack import Stack
from trackstack.stacks import instances, kept, moves
from trackstack.stacks.engines import by_cli, missing_plugin
from trackstack.stacks.errors import (
    Cancelled,
    InstanceExists,
    InvalidSpec,
    ProgramFailed,
    ResourceFailed,
    StackError,
)
from trackstack.stacks.events import Event, Step
from trackstack.stacks.instances import Instance, find, read_spec
from trackstack.stacks.passphrase import passphrase, shared_salt
from trackstack.stacks.pods import Pods
from trackstack.stacks.project import Project
from trackstack.stacks.spec import NAMESPACE, InstanceSpec

if TYPE_CHECKING:
    from trackstack.stacks.aws_account import Account

OnEvent = Callable[[Event], None]


@dataclass(frozen=True)
class Report:
    """What an operation did. `instance` is None once it is deleted; `drift` are the differences it found."""

    instance: Instance | None
    changes: dict[str, int]
    seconds: float
    drift: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What an operation would do."""

    changes: dict[str, int]
    steps: tuple[Step, ...]
    changed: bool


@dataclass(frozen=True)
class _Run:
    """An instance's stack, and how an operation on it talks and is stopped."""

    project: Project
    name: str
    on_event: OnEvent | None = None
    cancellation: Cancellation | None = None

    @cached_property
    def by_cli(self) -> bool:
        """Whether the Pulumi CLI does it. Raises StackError where nobody can."""
        return by_cli(self.project.engine, self.target, self.project.folder)

    @cached_property
    def target(self) -> str:
        """Where the instance runs: by its file, and without one by its state."""
        try:
            return read_spec(self.project, self.name).target
        except InvalidSpec:
            return instances.recorded_target(self.project, self.name)

    @cached_property
    def advice(self) -> str:
        """What to install before it can be more than previewed; empty where nothing is missing."""
        if self.target != "aws" or self.by_cli:
            return ""
        return missing_plugin("aws", self.project.folder)

    def require_readable(self) -> None:
        """Raises StackError where nobody can tell what is really there."""
        if self.advice:
            raise StackError(self.advice)

    @property
    def stack(self) -> Stack:
        return self.project.operated(self.name, by_cli=self.by_cli)

    def options(self, secrets: Passphrase, spec: InstanceSpec | None = None, **choices: Any) -> Options:
        """Raises StackError for a configuration that cannot be."""
        from trackstack.providers.local import Local  # imports pulumi

        config = {} if spec is None else self._config(spec)
        providers: dict[str, Any] = {NAMESPACE: Local()}
        if self.target != "local" and not self.by_cli:  # the CLI has plugins
            providers |= self._remote()
        return Options(
            secrets=secrets,
            config=config,
            providers=providers,
            on_event=self.on_event,
            root=self.project.folder,
            cancellation=self.cancellation or Cancellation(),
            **choices,
        )

    def looking(self, secrets: Passphrase, spec: InstanceSpec | None = None, **choices: Any) -> Options:
        """Of an operation that changes nothing: on this machine nothing waits then, and threads only cost."""
        return self.options(secrets, spec, sequential=self.target == "local", **choices)

    def _remote(self) -> dict[str, Any]:
        """The providers of what is not on this machine; without AWS' plugin, such as plan and ask nobody."""
        if self.advice:
            from trackstack.providers.planning import Planner

            return {package: Planner(package, self.advice) for package in ("aws", "kubernetes")}
        from trackstack.providers.kubernetes import Kubernetes

        return {"kubernetes": Kubernetes}

    def up(self, spec: InstanceSpec) -> Result:
        """Bring the stack, made if need be, to `spec`."""
        from trackstack.stacks.program import deploy  # imports pulumi

        stack = self.stack
        self.refuse_copy()
        _require_account(self.project, self.name, spec)
        secrets = passphrase(make=not stack.exists())
        # A create that was interrupted is forgotten once it is repeated, for it adopts what is there.
        options = self.options(secrets, spec, refresh=True, clear_pending_creates=True)
        if not stack.exists():
            _init(self.project, stack, secrets)
        return stack.up(partial(deploy, self.project.folder), options)

    def refuse_copy(self) -> None:
        """Raises StackError where the state is of an instance in another folder, whose data would be deleted.

        A project that was moved has nothing left there, and goes on with what is here.
        """
        data_dir = self.project.data_dir(self.name)
        recorded = instances.recorded_data_dir(self.project, self.name) or data_dir
        if recorded != data_dir and recorded.exists():
            raise StackError(
                f"{self.name} keeps its data in {recorded}, and this project is a copy: work on it there, "
                f"or remove {self.project.settings_path(self.name).name} and its state here"
            )

    def report(self, result: Result, *, drift: tuple[Step, ...] = ()) -> Report:
        """The instance as it is now, and what was done."""
        return Report(instances.show(self.project, self.name), result.changes, result.seconds, drift)

    def _config(self, spec: InstanceSpec) -> dict[str, str]:
        settings = StackSettings(self.project.settings_path(self.name))
        settings.config.update(spec.to_config())
        return self.project.pulumi.complete(self.name, settings.plain(), frozenset())


def create(
    project: Project,
    spec: InstanceSpec,
    on_event: OnEvent | None = None,
    cancellation: Cancellation | None = None,
) -> Report:
    """Write the spec's file, make its stack, bring it up. Raises InstanceExists and StackError.

    A failed create leaves an instance that `up` continues and `delete` removes; one that is refused leaves
    nothing.
    """
    require_possible(project, spec)
    _refuse_kept(project, spec.stack, spec)
    run = _Run(project, declare(project, spec), on_event, cancellation)
    return run.report(run.up(spec))


def require_possible(project: Project, spec: InstanceSpec) -> None:
    """Raises StackError where this machine cannot bring such an instance up: no tools, no cluster."""
    if by_cli(project.engine, spec.target, project.folder):
        from trackstack.engine.pulumi_cli import find_cli  # imports pulumi

        find_cli()
    _require_account(project, spec.stack, spec)
    if spec.in_cluster:
        Pods.of(project.folder, spec.stack, spec).version()


def _require_account(project: Project, stack: str, spec: InstanceSpec) -> None:
    """Raises StackError where nobody can work on the instance's AWS account: no plugin, key or zone."""
    if spec.target != "aws":
        return
    embedded = not by_cli(project.engine, spec.target, project.folder)
    if embedded and (advice := missing_plugin("aws", project.folder)):
        raise StackError(advice)
    _account(project, stack).require(spec)


def _refuse_kept(project: Project, stack: str, spec: InstanceSpec) -> None:
    """Raises StackError for the volumes of an earlier instance that the spec does not take up."""
    if spec.target == "kubernetes":
        kept.refuse(Pods.of(project.folder, stack, spec))


def _account(project: Project, stack: str) -> "Account":
    from trackstack.stacks.aws_account import Account

    there = project.exists() and project.settings_path(stack).is_file()
    return Account(project.settings(stack).plain() if there else {})


def declare(
    project: Project, spec: InstanceSpec, stack: str = "", others: Mapping[str, Any] = MappingProxyType({})
) -> str:
    """Write the spec's file, of which `up` makes an instance; its stack, `stack` or as the spec calls it.

    `others` are further keys of its configuration, such as `aws:region`. Raises InstanceExists and
    StackError; nothing is left then.
    """
    stack = stack or spec.stack
    _require_free(spec)
    project.make()
    passphrase(make=True)
    with project.claiming():
        _refuse_existing(project, stack)
        settings = project.settings(stack)
        settings.config.update({**others, **spec.to_config()})
        settings.save()
    return stack


def configure(project: Project, name: str, changes: Mapping[str, Any]) -> InstanceSpec:
    """Change the spec's file in place, for `up` to follow. Labels are merged, one that is None goes.

    Raises InstanceNotFound, InvalidSpec and StackError; nothing is changed then.
    """
    stack = find(project, name)
    old = read_spec(project, stack)
    new = old.changed(changes)
    moves.refuse(old, new)
    if new.running:
        _require_free(new, instances.show(project, stack))
    settings = project.settings(stack)
    for key in old.to_config().keys() - new.to_config().keys():
        settings.remove(key)
    settings.config.update(new.to_config())
    settings.save()
    return new


def prepare() -> None:
    """Import what operations need, so that the first of them need not wait for it."""
    import trackstack.engine.operation
    import trackstack.providers.local
    import trackstack.stacks.program  # noqa: F401 - all of them import pulumi


def free_port(taken: Collection[int]) -> int:
    """A port on loopback that nobody listens at, and that is none of `taken`."""
    from trackstack.providers.local.ports import choose

    while (port := choose("127.0.0.1")) in taken:
        pass
    return port


def update(
    project: Project,
    name: str,
    changes: Mapping[str, Any],
    on_event: OnEvent | None = None,
    cancellation: Cancellation | None = None,
) -> Report:
    """Change the spec's file in place (`configure`) and bring the instance up.

    Raises InstanceNotFound, InvalidSpec and StackError; the file is as before unless the stack was worked on.
    """
    run = _Run(project, find(project, name), on_event, cancellation)
    path = project.settings_path(run.name)
    before = path.read_bytes() if path.is_file() else b""
    old = read_spec(project, run.name)
    new = old.changed(changes)
    moves.refuse_since(project, run.name, new)
    if new.in_cluster:
        require_possible(project, new)
    configure(project, run.name, changes)
    try:
        return run.report(run.up(new))
    except ResourceFailed as failure:
        if not (old.running and new.running) or old.kubernetes.image == new.kubernetes.image:
            raise  # some of it may be done already: the next `up` continues
        path.write_bytes(before)
        raise _put_back(run, old, new, failure) from failure
    except (ProgramFailed, Cancelled):
        raise
    except StackError:
        path.write_bytes(before)
        raise


def _put_back(run: _Run, old: InstanceSpec, new: InstanceSpec, failure: ResourceFailed) -> StackError:
    """What is to be said of an image that did not come up, once the one before was put back."""
    reason = str(failure).rpartition("::")[2]
    text = f"{run.name} did not come up with {new.kubernetes.image}: {reason}"
    try:
        run.up(old)
    except Cancelled:
        raise
    except StackError as second:
        again = f"`trackstack update {run.name} --image …` tries another image"
        return StackError(f"{text}; nor does it with {old.kubernetes.image} again ({second}); {again}")
    return StackError(f"{text}; it runs {old.kubernetes.image} again, as its file says")


def up(
    project: Project, name: str, on_event: OnEvent | None = None, cancellation: Cancellation | None = None
) -> Report:
    """Bring the instance to its spec: mend what drifted, finish what was interrupted. Raises StackError."""
    run = _Run(project, find(project, name), on_event, cancellation)
    spec = read_spec(project, run.name)
    moves.refuse_since(project, run.name, spec)
    if not run.stack.exists():
        _refuse_kept(project, run.name, spec)
    return run.report(run.up(spec))


def preview(project: Project, name: str) -> Plan:
    """What `up` would do; changes and locks nothing. Raises StackError."""
    from trackstack.engine.backend import Backend
    from trackstack.stacks.program import deploy  # imports pulumi

    run = _Run(project, find(project, name))
    program = partial(deploy, project.folder)
    spec = read_spec(project, run.name)
    moves.refuse_since(project, run.name, spec)
    if run.stack.exists():
        return _plan(run.stack.preview(program, run.looking(passphrase(), spec, refresh=True)))
    with tempfile.TemporaryDirectory() as folder:  # the stack is not there yet, so another plays its part
        secrets = _stand_in()
        stack = Backend.open(Path(folder)).stack(NAMESPACE, run.name)
        stack.init(secrets)
        return _plan(stack.preview(program, run.looking(secrets, spec)))


@cache
def _stand_in() -> Passphrase:
    """What encrypts the stacks that previews make up: one for all of a process, for its key takes a while."""
    return Passphrase(token_hex())


def refresh(
    project: Project, name: str, on_event: OnEvent | None = None, cancellation: Cancellation | None = None
) -> Report:
    """Compare the state with what really is; `drift` has the differences. Raises StackError."""
    run = _Run(project, find(project, name), on_event, cancellation)
    run.require_readable()
    result = run.stack.refresh(run.options(passphrase()))
    drift = tuple(step for step in result.steps if step.diff)
    return run.report(result, drift=drift)


def diff(project: Project, name: str) -> Plan:
    """What `refresh` would find: the steps with what drifted; saves and locks nothing. Raises StackError."""
    run = _Run(project, find(project, name))
    if not run.stack.exists():
        raise StackError(f"{run.name} was never brought up; `trackstack up {run.name}` does it")
    run.require_readable()
    result = run.stack.preview_refresh(run.looking(passphrase()))
    drift = tuple(step for step in result.steps if step.diff)
    return Plan(result.changes, drift, bool(drift))


def start(
    project: Project, name: str, on_event: OnEvent | None = None, cancellation: Cancellation | None = None
) -> Report:
    """Have the instance run; its port, tokens and data are as before. Raises StackError."""
    return update(project, name, {"running": True}, on_event, cancellation)


def stop(
    project: Project, name: str, on_event: OnEvent | None = None, cancellation: Cancellation | None = None
) -> Report:
    """Have the instance stand still and keep everything. Raises StackError."""
    return update(project, name, {"running": False}, on_event, cancellation)


def rotate_token(
    project: Project, name: str, on_event: OnEvent | None = None, cancellation: Cancellation | None = None
) -> Report:
    """Give the instance another admin token; the old one is refused from then on. Raises StackError."""
    spec = read_spec(project, find(project, name))
    changes = {"token_rotation": spec.token_rotation + 1}
    return update(project, name, changes, on_event, cancellation)


def delete(
    project: Project, name: str, on_event: OnEvent | None = None, cancellation: Cancellation | None = None
) -> Report:
    """Delete process, data, stack and file of the instance. Raises StackError."""
    run = _Run(project, find(project, name), on_event, cancellation)
    changes: dict[str, int] = {}
    seconds = 0.0
    if run.stack.exists():
        run.refuse_copy()
        if run.target == "aws":
            run.require_readable()
            _account(project, run.name).require_deletable(run.name, run.stack.snapshot().resources)
        if run.stack.snapshot().pending:
            # What an interrupted create made is adopted, to be deleted; nothing has to run for that.
            run.up(_resting(project, run.name))
        result = run.stack.destroy(run.options(passphrase(), refresh=True))
        changes, seconds = result.changes, result.seconds
        run.stack.remove()
    project.settings_path(run.name).unlink(missing_ok=True)
    return Report(None, changes, seconds)


def _resting(project: Project, stack: str) -> InstanceSpec:
    """The instance's spec without its server; one of this machine where the file says nothing."""
    try:
        return read_spec(project, stack).changed({"running": False})
    except InvalidSpec:
        return InstanceSpec(name=stack, running=False)


def lock_holder(project: Project, name: str) -> Holder | None:
    """Who works on the instance now. Raises InstanceNotFound."""
    return project.stack(find(project, name)).lock_holder()


def unlock(project: Project, name: str) -> None:
    """Remove the instance's locks, whoever holds them. Raises InstanceNotFound."""
    project.stack(find(project, name)).unlock()


def _init(project: Project, stack: Stack, secrets: Passphrase) -> None:
    """The file first: killed in between, the next `up` finds it and makes the stack with the same salt.

    One after another, for the second of two new stacks takes the salt of the first.
    """
    with project.claiming():
        settings = project.settings(stack.name)
        secrets = secrets.bind(settings.encryption_salt or shared_salt(project, secrets))
        settings.encryption_salt = secrets.state
        settings.save()
        stack.init(secrets)


def _refuse_existing(project: Project, stack: str) -> None:
    if instances.exists(project, stack):
        existing = instances.show(project, stack)
        how = (
            f"`trackstack up {existing.stack}` brings it up, `trackstack delete {existing.stack}` removes it"
        )
        raise InstanceExists(f"there is an instance {existing.spec.name!r} already ({existing.state}); {how}")


def _require_free(spec: InstanceSpec, instance: Instance | None = None) -> None:
    """Raises StackError for a port that somebody else holds, before anything is changed."""
    from trackstack.providers.local.ports import require_free
    from trackstack.providers.local.process import find as find_processes
    from trackstack.providers.resource import ResourceError

    port = spec.port or (instance.port if instance else None)
    if instance and instance.state == "active" and port == instance.port:
        return
    try:
        if port:
            require_free("127.0.0.1", port)
    except ResourceError as error:
        own = instance and port == instance.port and [*find_processes(["--data-dir", str(instance.data_dir)])]
        if not own:
            raise StackError(str(error)) from None


def _plan(result: Result) -> Plan:
    return Plan(result.changes, result.steps, result.changed)
