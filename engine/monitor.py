"""Pulumi's resource monitor and engine services as plain objects: what the SDK calls while a program runs.

Methods have the services' names and take their messages; they run in the SDK's executor threads, so each may block
until the steps it caused are done.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

import pulumi
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2, resource_pb2 as pb

from trackstack.engine import urn as urns
from trackstack.engine.deletes import delete_rest
from trackstack.engine.deployment import Deployment
from trackstack.engine.errors import EngineError, ResourceError, UnsupportedError
from trackstack.engine.executor import Executor, Stopped
from trackstack.engine.goal import Goal
from trackstack.engine.ledger import Ledger
from trackstack.engine.plan import Planner, Registration
from trackstack.engine.registration import Known, Translator, refuse
from trackstack.engine.resource import Resource
from trackstack.engine.targets import Targets
from trackstack.engine.values import UNKNOWN, is_secret, unwrap
from trackstack.engine.wire import from_struct, to_struct

FEATURES = (
    "SECRETS",
    "RESOURCE_REFERENCES",
    "ALIAS_SPECS",
    "DELETED_WITH",
    "REPLACE_WITH",
    "REPLACEMENT_TRIGGER",
)
_SEVERITIES: Mapping[int, Any] = {
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}


class Engine:
    """The engine service: the program's messages."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def Log(self, request: engine_pb2.LogRequest) -> Empty:  # noqa: N802 - the service's name
        """Debug messages are dropped: the SDK writes several for each call."""
        severity = _SEVERITIES.get(request.severity)
        if severity is not None and not request.ephemeral:
            self._deployment.say(severity, request.message, request.urn)
        return Empty()

    def RequirePulumiVersion(self, request: Any) -> Any:  # noqa: N802
        """The program asks for a version of the CLI, which is not there."""
        return engine_pb2.RequirePulumiVersionResponse()


class Monitor:
    """The resource monitor: registrations become plans, plans become steps."""

    def __init__(
        self, deployment: Deployment, planner: Planner, executor: Executor, ledger: Ledger, targets: Targets
    ) -> None:
        self._deployment = deployment
        self._planner = planner
        self._executor = executor
        self._ledger = ledger
        self._targets = targets
        self._known = Known(deployment.goals)
        self._translator = Translator(self._known, deployment.options.root, self._default_provider)
        self._defaults: dict[tuple[str, str, str], str] = {}
        self._defaults_lock = threading.Lock()
        self.outputs: dict[str, Any] | None = None
        self.root: Resource | None = None

    # -- what the SDK asks first ---------------------------------------------------------------------------------

    def GetDeploymentInfo(self, request: Any) -> pb.DeploymentInfo:  # noqa: N802
        """The features that this engine has; the SDK refuses what needs others."""
        value = pb.ResourceMonitorFeature.Value
        return pb.DeploymentInfo(supportedFeatures=[value(f"RESOURCE_MONITOR_FEATURE_{name}") for name in FEATURES])

    # -- resources -----------------------------------------------------------------------------------------------

    def RegisterResource(self, request: pb.RegisterResourceRequest) -> pb.RegisterResourceResponse:  # noqa: N802
        """Bring one resource to what the program wants; returns when that is done."""
        with _for_the_sdk(self):
            refuse(request)
            goal = self._translator.goal(request)
            resource = self._register(goal)
            if not goal.custom:
                self._translator.remember_providers(request, resource.urn)
            outputs = resource.outputs if goal.custom else {}  # pulumi#5978: a component's come later
            id_ = "" if resource.id == UNKNOWN else resource.id
            return pb.RegisterResourceResponse(urn=resource.urn, id=id_, object=to_struct(outputs))

    def _register(self, goal: Goal) -> Resource:
        registration = self._begin(goal)
        if registration.imported:
            self._executor.run(registration.steps)
        with self._deployment.lock:
            steps = self._noting(lambda: self._planner.plan(registration))
        self._executor.run(steps)
        resource = self._deployment.news.get(registration.urn, registration.new)
        if resource.type == urns.STACK_TYPE and not resource.parent:
            self.root = resource
        return resource

    def _begin(self, goal: Goal) -> Registration:
        with self._deployment.lock:
            if self._executor.stopping:
                raise Stopped
            return self._noting(lambda: self._planner.begin(goal))

    def _noting(self, plan: Any) -> Any:
        """An error in planning ends the operation as one in a step does."""
        from trackstack.engine.provider import ProviderError

        try:
            return plan()
        except ProviderError as error:
            failure = ResourceError("", str(error))
            self._executor.note(failure)
            raise failure from None
        except EngineError as error:
            self._executor.note(error)
            raise

    def RegisterResourceOutputs(self, request: pb.RegisterResourceOutputsRequest) -> Empty:  # noqa: N802
        """The outputs of a component; those of the stack wait until it is known how the operation ended."""
        with _for_the_sdk(self):
            outputs = from_struct(request.outputs)
            if urns.qualified_type(request.urn) == urns.STACK_TYPE:
                self.outputs = outputs
                return Empty()
            resource = self._deployment.news.get(request.urn)
            if resource is None:
                raise ResourceError(request.urn, f"cannot complete {request.urn}: its registration is not pending")
            if resource.outputs != outputs:
                resource.outputs = outputs
                self._ledger.outputs(resource)
            return Empty()

    def finish_outputs(self, *, failed: bool) -> None:
        """Take over the stack's outputs: exactly the new ones, or after a failure the new over the old."""
        root = self.root
        if root is None or self.outputs is None:
            return
        old = self._deployment.olds.get(root.urn)
        before = old.outputs if failed and old is not None else {}
        outputs = {**before, **self.outputs}
        if root.outputs != outputs:
            root.outputs = outputs
            self._ledger.outputs(root)

    def ReadResource(self, request: pb.ReadResourceRequest) -> pb.ReadResourceResponse:  # noqa: N802
        """Look up a resource that exists."""
        with _for_the_sdk(self):
            if request.packageRef:
                raise UnsupportedError("package parameterization", request.type)
            properties = from_struct(request.properties)
            goal = Goal(
                type=request.type,
                name=request.name,
                custom=True,
                parent=request.parent,
                properties=properties,
                dependencies=sorted(request.dependencies),
                additional_secret_outputs=list(request.additionalSecretOutputs),
            )
            goal.provider = request.provider or self._default_for(
                urns.package_of(request.type), request.version, request.pluginDownloadURL
            )
            with self._deployment.lock:
                if self._executor.stopping:
                    raise Stopped
                steps = self._noting(lambda: self._planner.read(goal, request.id))
            self._executor.run(steps)
            resource = steps[0].resource
            id_ = "" if resource.id == UNKNOWN else resource.id
            return pb.ReadResourceResponse(urn=resource.urn, id=id_, properties=to_struct(resource.outputs))

    # -- default providers ---------------------------------------------------------------------------------------

    def _default_provider(self, request: pb.RegisterResourceRequest) -> str:
        return self._default_for(urns.package_of(request.type), request.version, request.pluginDownloadURL)

    def _default_for(self, package: str, version: str, url: str) -> str:
        key = (package, version, url)
        with self._defaults_lock:
            if key not in self._defaults:
                self._defaults[key] = self._register_default(package, version, url)
            return self._defaults[key]

    def _register_default(self, package: str, version: str, url: str) -> str:
        self._refuse_disabled(package)
        inputs = self._package_config(package)
        if version:
            inputs["version"] = version
        if version or url:
            inputs["__internal"] = {"pluginDownloadURL": url} if url else {}
        name = "_".join(["default", *(_name_part(part) for part in (version, url) if part)])
        resource = self._register(
            Goal(type=f"{urns.PROVIDER_PREFIX}{package}", name=name, custom=True, properties=inputs)
        )
        return urns.make_reference(resource.urn, resource.id)

    def _package_config(self, package: str) -> dict[str, Any]:
        """The stack's configuration of the package; secrets stay secrets."""
        from trackstack.engine.values import secret

        options = self._deployment.options
        prefix = f"{package}:"
        found: dict[str, Any] = {}
        for key, value in options.config.items():
            if key.startswith(prefix):
                found[key.removeprefix(prefix)] = secret(value) if key in options.secret_keys else value
        return found

    def _refuse_disabled(self, package: str) -> None:
        disabled = self._deployment.options.config.get("pulumi:disable-default-providers", "")
        if package == "pulumi" or not disabled:
            return
        try:
            barred = [str(name).strip() for name in json.loads(disabled)]
        except (ValueError, TypeError):
            raise ResourceError("", f"pulumi:disable-default-providers is not a list: {disabled!r}") from None
        if "*" in barred or package in barred:
            raise ResourceError(
                "", f"default provider for '{package}' is disabled; give its resources an explicit provider"
            )

    # -- functions -----------------------------------------------------------------------------------------------

    def Invoke(self, request: pb.ResourceInvokeRequest) -> pb.ResourceInvokeResponse:  # noqa: N802
        """Call a function of a provider, or look up a resource of this operation."""
        with _for_the_sdk(self):
            args = from_struct(request.args)
            if request.tok == "pulumi:pulumi:getResource":
                return _answer(self._get_resource(unwrap(args)))
            if request.packageRef:
                raise UnsupportedError("package parameterization", request.tok)
            reference = request.provider or self._default_for(
                urns.package_of(request.tok), request.version, request.pluginDownloadURL
            )
            provider = self._deployment.registry.get(reference)
            if provider is None:
                raise ResourceError("", f"unknown provider {reference} for {request.tok}")
            values, failures = self._noting(lambda: provider.invoke(request.tok, args))
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

    def Call(self, request: Any) -> Any:  # noqa: N802
        """Methods exist on remote components and on some providers' resources."""
        with _for_the_sdk(self):
            raise UnsupportedError("a resource method", request.tok)

    def RegisterPackage(self, request: Any) -> Any:  # noqa: N802
        """Parameterized packages."""
        raise UnsupportedError("package parameterization", request.name)

    def SignalAndWaitForShutdown(self, request: Any) -> Empty:  # noqa: N802
        """The program has ended well: delete what it no longer wants."""
        with _for_the_sdk(self):
            self.finish()
            return Empty()

    def finish(self) -> None:
        """The end phase, for programs and for none."""
        if not self._executor.stopping:
            delete_rest(self._deployment, self._planner, self._executor, self._targets)


class _for_the_sdk:  # noqa: N801 - used as a function
    """Errors in the SDK's own type: it fails the resource's outputs with it, and the program ends."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Stopped):
            raise pulumi.RunError("the operation is stopping") from None
        if isinstance(error, EngineError):
            self._monitor._executor.note_once(error)
            raise pulumi.RunError(str(error)) from error


def _answer(values: Any) -> pb.ResourceInvokeResponse:
    response = pb.ResourceInvokeResponse()
    getattr(response, "return").CopyFrom(to_struct(values))
    return response


def _name_part(text: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in text)


__all__ = ["Engine", "Monitor", "is_secret"]
