"""Pulumi's resource monitor and engine services as plain objects: what the SDK calls while a program runs.

Methods have the services' names and take their messages. Those that may block run in the SDK's executor
threads; registrations of transforms and hooks come in the program's loop and only take note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import pulumi
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.proto import resource_pb2 as pb

from trackstack.engine import urn as urns
from trackstack.engine.callbacks import Callbacks
from trackstack.engine.defaults import DefaultProviders
from trackstack.engine.deployment import Deployment
from trackstack.engine.errors import EngineError, ResourceError, UnsupportedError
from trackstack.engine.executor import Executor, Stopped
from trackstack.engine.failures import ProviderError
from trackstack.engine.goal import Goal
from trackstack.engine.ledger import Ledger
from trackstack.engine.plan import Planner
from trackstack.engine.planned import Planned, Registration
from trackstack.engine.registration import Known, Translator, aliases, refuse
from trackstack.engine.resource import Resource
from trackstack.engine.steps import Step
from trackstack.engine.transforms import Transforms
from trackstack.engine.values import UNKNOWN, unwrap
from trackstack.engine.wire import from_struct, to_struct

FEATURES = (
    "SECRETS",
    "RESOURCE_REFERENCES",
    "ALIAS_SPECS",
    "DELETED_WITH",
    "REPLACE_WITH",
    "REPLACEMENT_TRIGGER",
    "TRANSFORMS",
    "INVOKE_TRANSFORMS",
    "RESOURCE_HOOKS",
)
_SEVERITIES: Mapping[int, Any] = {
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}
_Answer = TypeVar("_Answer")


class Engine:
    """The engine service: the program's messages."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def Log(self, request: engine_pb2.LogRequest) -> Empty:
        """Debug messages are dropped: the SDK writes several for each call."""
        severity = _SEVERITIES.get(request.severity)
        if severity is not None and not request.ephemeral:
            self._deployment.say(severity, request.message, request.urn)
        return Empty()

    def RequirePulumiVersion(self, request: Any) -> Any:
        """The program asks for a version of the CLI, which is not there."""
        return engine_pb2.RequirePulumiVersionResponse()


class Monitor:
    """The resource monitor: registrations become plans, plans become steps."""

    def __init__(
        self,
        deployment: Deployment,
        planned: Planned,
        executor: Executor,
        ledger: Ledger,
        *,
        callbacks: Callbacks,
        finish: Callable[[], None],
    ) -> None:
        self._deployment = deployment
        self._planned = planned
        self._planner = Planner(planned)
        self._executor = executor
        self._ledger = ledger
        self._finish = finish
        self._transforms = Transforms(callbacks)
        self._defaults = DefaultProviders(deployment.options, self._register)
        self._known = Known(deployment.goals)
        self._translator = Translator(self._known, deployment.options.root, self._default_provider)
        self._outputs: dict[str, Any] | None = None
        self._root: Resource | None = None
        self._created: dict[str, Step] = {}

    # -- what the SDK tells and asks in the program's loop

    def GetDeploymentInfo(self, request: Any) -> pb.DeploymentInfo:
        """The features that this engine has; the SDK refuses what needs others."""
        value = pb.ResourceMonitorFeature.Value
        return pb.DeploymentInfo(
            supportedFeatures=[value(f"RESOURCE_MONITOR_FEATURE_{name}") for name in FEATURES]
        )

    def RegisterStackTransform(self, callback: Any) -> Empty:
        """A transform of all resources."""
        self._transforms.add_for_stack(callback)
        return Empty()

    def RegisterStackInvokeTransform(self, callback: Any) -> Empty:
        """A transform of all function calls."""
        self._transforms.add_for_invokes(callback)
        return Empty()

    def RegisterResourceHook(self, request: pb.RegisterResourceHookRequest) -> Empty:
        """A hook that resources name."""
        with self._errors():
            self._deployment.hooks.register(request)
        return Empty()

    def RegisterErrorHook(self, request: Any) -> Any:
        """Hooks that retry."""
        with self._errors():
            raise UnsupportedError("an error hook", request.name)

    def RegisterPackage(self, request: Any) -> Any:
        """Parameterized packages."""
        with self._errors():
            raise UnsupportedError("package parameterization", request.name)

    # -- resources

    def RegisterResource(self, request: pb.RegisterResourceRequest) -> pb.RegisterResourceResponse:
        """Bring one resource to what the program wants; returns when that is done."""
        try:
            with self._errors():
                refuse(request)
                request = self._transforms.apply(request)
                goal = self._translator.goal(request)
                if self._lacks_what_failed(goal):
                    return self._unfinished(goal)
                resource = self._register(goal)
        except pulumi.RunError:
            if not self._deployment.options.continue_on_error or self._executor.stopping:
                raise
            return self._unfinished(self._request_goal(request))
        self._transforms.remember(resource.urn, request)
        if not goal.custom:
            self._translator.remember_providers(request, resource.urn)
        outputs = resource.outputs if goal.custom else {}  # pulumi#5978: a component's come later
        unknown = resource.urn in self._planned.skipped_creates
        return pb.RegisterResourceResponse(
            urn=resource.urn, id=_known_id(resource), object=to_struct(outputs), unknown=unknown
        )

    def _register(self, goal: Goal) -> Resource:
        with self._deployment.lock:
            if self._executor.stopping:
                raise Stopped
            registration = self._noting(lambda: self._planner.begin(goal))
            steps = [] if registration.imported else self._plan(registration)
        if registration.imported:
            self._executor.run(registration.steps)
            with self._deployment.lock:
                steps = self._plan(registration)
        self._executor.run(steps)
        resource = registration.new
        if resource.type == urns.STACK_TYPE and not resource.parent:
            self._root = resource
        if not resource.custom and steps:
            self._created[resource.urn] = steps[-1]
        return resource

    def _plan(self, registration: Registration) -> list[Step]:
        return self._noting(lambda: self._planner.plan(registration), registration.urn)

    def _noting(self, plan: Callable[[], _Answer], urn: str = "") -> _Answer:
        """An error in planning ends the operation as one in a step does."""
        try:
            return plan()
        except ProviderError as error:
            about = error.urn or urn
            failure = ResourceError(about, f"resource {about}: {error}")
            self._executor.note(failure)
            raise failure from None
        except EngineError as error:
            self._executor.note(error)
            raise

    def _lacks_what_failed(self, goal: Goal) -> bool:
        if not self._executor.failed:
            return False
        references = {goal.parent, *goal.dependencies, *goal.replace_with, goal.deleted_with}
        if goal.provider:
            references.add(urns.split_reference(goal.provider)[0])
        for urns_ in goal.property_dependencies.values():
            references.update(urns_)
        return not references.isdisjoint(self._executor.failed)

    def _unfinished(self, goal: Goal) -> pb.RegisterResourceResponse:
        """The answer that lets the program go on without the resource; its outputs are unknown to it."""
        with self._deployment.lock:
            urn = self._planner.abandon(goal)
        self._executor.failed.add(urn)
        return pb.RegisterResourceResponse(urn=urn, result=pb.Result.FAIL)

    @staticmethod
    def _request_goal(request: pb.RegisterResourceRequest) -> Goal:
        return Goal(
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            aliases=aliases(request),
        )

    def RegisterResourceOutputs(self, request: pb.RegisterResourceOutputsRequest) -> Empty:
        """The outputs of a component; those of the stack wait until it is known how the operation ended."""
        with self._errors():
            outputs = from_struct(request.outputs)
            if urns.qualified_type(request.urn) == urns.STACK_TYPE:
                self._outputs = outputs
                return Empty()
            resource = self._deployment.news.get(request.urn)
            if resource is None:
                if request.urn in self._planned.skipped_creates or request.urn in self._executor.failed:
                    return Empty()
                message = f"cannot complete {request.urn}: its registration is not pending"
                raise ResourceError(request.urn, message)
            if resource.outputs != outputs:
                resource.outputs = outputs
                self._ledger.outputs(resource)
            step = self._created.pop(request.urn, None)
            if step is not None:
                step.complete(self._deployment)
                self._executor.stop_after_hooks()
            return Empty()

    def finish_outputs(self, *, failed: bool) -> None:
        """Take over the stack's outputs: exactly the new ones, or after a failure the new over the old."""
        root = self._root
        if root is None or self._outputs is None:
            return
        old = self._deployment.olds.get(root.urn)
        before = old.outputs if failed and old is not None else {}
        outputs = {**before, **self._outputs}
        if root.outputs != outputs:
            root.outputs = outputs
            self._ledger.outputs(root)

    def ReadResource(self, request: pb.ReadResourceRequest) -> pb.ReadResourceResponse:
        """Look up a resource that exists."""
        goal = Goal(
            type=request.type,
            name=request.name,
            custom=True,
            parent=request.parent,
            properties=from_struct(request.properties),
            dependencies=sorted(request.dependencies),
            additional_secret_outputs=list(request.additionalSecretOutputs),
        )
        try:
            with self._errors():
                if request.packageRef:
                    raise UnsupportedError("package parameterization", request.type)
                goal.provider = self._translator.provider_for(
                    request.provider, request.parent, urns.package_of(request.type)
                ) or self._defaults.reference(
                    urns.package_of(request.type), request.version, request.pluginDownloadURL
                )
                resource = self._read(goal, request.id)
        except pulumi.RunError:
            if not self._deployment.options.continue_on_error or self._executor.stopping:
                raise
            failed = self._unfinished(goal)
            return pb.ReadResourceResponse(urn=failed.urn, result=failed.result)
        return pb.ReadResourceResponse(
            urn=resource.urn, id=_known_id(resource), properties=to_struct(resource.outputs)
        )

    def _read(self, goal: Goal, id_: str) -> Resource:
        with self._deployment.lock:
            if self._executor.stopping:
                raise Stopped
            steps: list[Step] = self._noting(lambda: self._planner.read(goal, id_))
        self._executor.run(steps)
        return steps[0].resource

    def ExistsResource(self, request: Any) -> Any:
        """Whether a resource exists, without reading it into the state."""
        with self._errors():
            raise UnsupportedError("a look at whether a resource exists", request.type)

    def _default_provider(self, request: pb.RegisterResourceRequest) -> str:
        package = urns.package_of(request.type)
        return self._defaults.reference(package, request.version, request.pluginDownloadURL)

    # -- functions

    def Invoke(self, request: pb.ResourceInvokeRequest) -> pb.ResourceInvokeResponse:
        """Call a function of a provider, or look up a resource of this operation."""
        with self._errors():
            if request.tok == "pulumi:pulumi:getResource":
                return _answer(self._get_resource(unwrap(from_struct(request.args))))
            if request.packageRef:
                raise UnsupportedError("package parameterization", request.tok)
            request = self._transforms.apply_to_invoke(request)
            package = urns.package_of(request.tok)
            reference = self._translator.provider_for(request.provider, request.parent, package)
            reference = reference or self._defaults.reference(
                package, request.version, request.pluginDownloadURL
            )
            provider = self._deployment.registry.get(reference)
            if provider is None:
                raise ResourceError("", f"unknown provider {reference} for {request.tok}")
            try:
                values, failures = provider.invoke(request.tok, from_struct(request.args))
            except ProviderError as error:
                raise ResourceError("", f"invocation of {request.tok} failed: {error}") from None
            response = _answer(values)
            for failure in failures:
                response.failures.add(property=failure.property, reason=failure.reason)
            return response

    def _get_resource(self, args: dict[str, Any]) -> dict[str, Any]:
        urn = args.get("urn", "")
        resource = self._deployment.news.get(urn)
        if resource is None:
            raise ResourceError(urn, f"unknown resource {urn}")
        return {"urn": urn, "id": resource.id, "state": resource.outputs}

    def Call(self, request: Any) -> Any:
        """Methods exist on remote components and on some providers' resources."""
        with self._errors():
            raise UnsupportedError("a resource method", request.tok)

    def SignalAndWaitForShutdown(self, request: Any) -> Empty:
        """The program has ended well: delete what it no longer wants."""
        with self._errors():
            self._finish()
        return Empty()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Errors in the SDK's own type: it fails the resource's outputs with it, and the program ends."""
        try:
            yield
        except Stopped:
            raise pulumi.RunError("the operation is stopping") from None
        except EngineError as error:
            self._executor.note_for_program(error)
            raise pulumi.RunError(str(error)) from error


def _known_id(resource: Resource) -> str:
    return "" if resource.id == UNKNOWN else resource.id


def _answer(values: Any) -> pb.ResourceInvokeResponse:
    response = pb.ResourceInvokeResponse()
    getattr(response, "return").CopyFrom(to_struct(values))
    return response
