"""Transforms: functions of the program that change resources and calls before the engine sees them."""

from __future__ import annotations

import threading
from typing import Any

from pulumi.runtime.proto import alias_pb2
from pulumi.runtime.proto import resource_pb2 as pb

from trackstack.engine.callbacks import Callbacks
from trackstack.engine.registration import delete_before_replace

# (field of RegisterResourceRequest, field of TransformResourceOptions) where a plain copy does
_LISTS = (
    ("dependencies", "depends_on"),
    ("ignoreChanges", "ignore_changes"),
    ("replaceOnChanges", "replace_on_changes"),
    ("additionalSecretOutputs", "additional_secret_outputs"),
    ("replace_with", "replace_with"),
    ("hideDiffs", "hide_diff"),
)
_TEXTS = (
    ("version", "version"),
    ("pluginDownloadURL", "plugin_download_url"),
    ("provider", "provider"),
    ("deletedWith", "deleted_with"),
    ("importId", "import"),
)
_OPTIONAL = (("protect", "protect"), ("retainOnDelete", "retain_on_delete"))
_MESSAGES = (
    ("customTimeouts", "custom_timeouts"),
    ("hooks", "hooks"),
    ("replacement_trigger", "replacement_trigger"),
)


class Transforms:
    """Those of each resource, which also apply below it, and those of the stack."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks
        self._lock = threading.Lock()
        self._stack: list[Any] = []
        self._invokes: list[Any] = []
        self._own: dict[str, list[Any]] = {}
        self._parents: dict[str, str] = {}

    def add_for_stack(self, callback: Any) -> None:
        """A transform of all resources."""
        with self._lock:
            self._stack.append(callback)

    def add_for_invokes(self, callback: Any) -> None:
        """A transform of all function calls."""
        with self._lock:
            self._invokes.append(callback)

    def remember(self, urn: str, request: pb.RegisterResourceRequest) -> None:
        """The resource's own transforms, for its children."""
        with self._lock:
            self._parents[urn] = request.parent
            if request.transforms:
                self._own[urn] = list(request.transforms)

    def apply(self, request: pb.RegisterResourceRequest) -> pb.RegisterResourceRequest:
        """The request after its own transforms, its parents' and the stack's. Raises EngineError."""
        chosen = self._chosen(request)
        if not chosen:
            return request
        properties, options = request.object, _options(request)
        for callback in chosen:
            sent = pb.TransformRequest(
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                properties=properties,
                options=options,
            )
            answer = pb.TransformResponse.FromString(self._callbacks.call(callback, sent))
            if answer.HasField("properties"):
                properties = answer.properties
            if answer.HasField("options"):
                options = answer.options
        return _changed(request, properties, options)

    def apply_to_invoke(self, request: pb.ResourceInvokeRequest) -> pb.ResourceInvokeRequest:
        """The call after the stack's transforms."""
        with self._lock:
            chosen = list(self._invokes)
        for callback in chosen:
            options = pb.TransformInvokeOptions(
                provider=request.provider,
                version=request.version,
                plugin_download_url=request.pluginDownloadURL,
            )
            sent = pb.TransformInvokeRequest(token=request.tok, args=request.args, options=options)
            answer = pb.TransformInvokeResponse.FromString(self._callbacks.call(callback, sent))
            changed = pb.ResourceInvokeRequest()
            changed.CopyFrom(request)
            if answer.HasField("args"):
                changed.args.CopyFrom(answer.args)
            if answer.HasField("options"):
                changed.provider = answer.options.provider
                changed.version = answer.options.version
                changed.pluginDownloadURL = answer.options.plugin_download_url
            request = changed
        return request

    def _chosen(self, request: pb.RegisterResourceRequest) -> list[Any]:
        with self._lock:
            chosen, above = list(request.transforms), request.parent
            while above:
                chosen += self._own.get(above, ())
                above = self._parents.get(above, "")
            return chosen + self._stack


def _options(request: Any) -> pb.TransformResourceOptions:
    options = pb.TransformResourceOptions(
        aliases=[*(alias_pb2.Alias(urn=urn) for urn in request.aliasURNs), *request.aliases],
        delete_before_replace=delete_before_replace(request),
    )
    for theirs, ours in _LISTS:
        getattr(options, ours).extend(getattr(request, theirs))
    for theirs, ours in _TEXTS:
        setattr(options, ours, getattr(request, theirs))
    for theirs, ours in _OPTIONAL:
        if request.HasField(theirs):
            setattr(options, ours, getattr(request, theirs))
    for theirs, ours in _MESSAGES:
        if request.HasField(theirs):
            getattr(options, ours).CopyFrom(getattr(request, theirs))
    options.providers.update(request.providers)
    return options


def _changed(request: Any, properties: Any, options: Any) -> pb.RegisterResourceRequest:
    changed: Any = pb.RegisterResourceRequest()  # Any: its fields are named by the tables above
    changed.CopyFrom(request)
    changed.object.CopyFrom(properties)
    for theirs, ours in (*_LISTS, ("aliases", "aliases")):
        changed.ClearField(theirs)
        getattr(changed, theirs).extend(getattr(options, ours))
    changed.ClearField("aliasURNs")
    for theirs, ours in _TEXTS:
        setattr(changed, theirs, getattr(options, ours))
    for theirs, ours in _OPTIONAL:
        changed.ClearField(theirs)
        if options.HasField(ours):
            setattr(changed, theirs, getattr(options, ours))
    for theirs, ours in _MESSAGES:
        changed.ClearField(theirs)
        if options.HasField(ours):
            getattr(changed, theirs).CopyFrom(getattr(options, ours))
    changed.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    changed.deleteBeforeReplace = options.delete_before_replace
    changed.providers.clear()
    changed.providers.update(options.providers)
    for key in set(changed.propertyDependencies) - set(properties.fields):
        del changed.propertyDependencies[key]
    result: pb.RegisterResourceRequest = changed
    return result
