"""A configured provider: typed calls, secrets and unknowns as it can take them, errors made readable."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2 as pb

from trackstack.engine import urn as urns
from trackstack.engine.diffs import Diff, PropertyDiff
from trackstack.engine.events import ChangeKind
from trackstack.engine.failures import InitFailure, ProviderError, readable
from trackstack.engine.servicer import Call
from trackstack.engine.values import (
    ARCHIVE,
    ASSET,
    RESOURCE,
    SIG,
    any_value,
    has_secret,
    has_unknown,
    is_secret,
    is_unknown,
    map_values,
    secret,
    unwrap,
)
from trackstack.engine.wire import from_struct, to_struct

Properties = dict[str, Any]

_KINDS: dict[int, ChangeKind] = {
    pb.PropertyDiff.ADD: "add",
    pb.PropertyDiff.ADD_REPLACE: "add-replace",
    pb.PropertyDiff.DELETE: "delete",
    pb.PropertyDiff.DELETE_REPLACE: "delete-replace",
    pb.PropertyDiff.UPDATE: "update",
    pb.PropertyDiff.UPDATE_REPLACE: "update-replace",
}
_CHANGES: dict[int, bool | None] = {
    pb.DiffResponse.DIFF_UNKNOWN: None,
    pb.DiffResponse.DIFF_NONE: False,
    pb.DiffResponse.DIFF_SOME: True,
}


class DiffUnavailableError(Exception):
    """The provider's configuration is not known yet, so it cannot compare: an update is assumed."""


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """One property the provider does not accept; an empty `property` means the whole."""

    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReadResult:
    """`id` is empty and `outputs` None when the resource does not exist; `inputs` None when not given."""

    id: str
    outputs: Properties | None
    inputs: Properties | None


@dataclass(slots=True)
class Subject:
    """The resource that a call is about, and the secrets that must not appear in its errors."""

    urn: str
    id: str = ""
    timeout: float = 0
    ignore_changes: Sequence[str] = ()
    fields: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.fields = {"urn": self.urn, "name": urns.name_of(self.urn), "type": urns.type_of(self.urn)}


class Provider:
    """One provider resource's plugin, in process or not. `configure` must come before the rest."""

    def __init__(self, call: Call, package: str, *, preview: bool) -> None:
        self._call = call
        self.package = package
        self._preview = preview
        self._known = True
        self._features = pb.ConfigureResponse(acceptSecrets=True, acceptResources=True)
        self._configured = False

    def check_config(
        self, urn: str, olds: Properties, news: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        """The configuration as the provider wants it."""
        request = pb.CheckRequest(olds=to_struct(olds), news=to_struct(news), **Subject(urn).fields)
        try:
            response = self._rpc("CheckConfig", request, pb.CheckResponse, (olds, news))
        except ProviderError as error:
            if error.code is grpc.StatusCode.UNIMPLEMENTED:
                return news, []
            raise
        return from_struct(response.inputs), _failures(response)

    def diff_config(
        self, urn: str, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Diff:
        """What another configuration means for the resources of this provider."""
        request = pb.DiffRequest(
            olds=to_struct(old_outputs),
            old_inputs=to_struct(old_inputs),
            news=to_struct(news),
            **Subject(urn).fields,
        )
        try:
            response = self._rpc("DiffConfig", request, pb.DiffResponse, (old_inputs, old_outputs, news))
        except ProviderError as error:
            if error.code is grpc.StatusCode.UNIMPLEMENTED:
                return Diff(changes=None)
            raise
        return _diff(response)

    def configure(self, urn: str, id_: str, config: Properties) -> None:
        """Take the configuration; with unknowns in it (only in a preview) the provider is asked nothing."""
        if has_unknown(config):
            self._known = False
            return
        package = urns.package_of(urns.type_of(urn))
        variables = {f"{package}:config:{key}": _as_text(unwrap(value)) for key, value in config.items()}
        request = pb.ConfigureRequest(
            variables=variables,
            args=to_struct(config),
            acceptSecrets=True,
            acceptResources=True,
            sends_old_inputs=True,
            sends_old_inputs_to_delete=True,
            id=id_,
            **Subject(urn).fields,
        )
        self._features = self._rpc("Configure", request, pb.ConfigureResponse, (config,))
        self._configured = True

    def check(
        self, subject: Subject, olds: Properties | None, news: Properties, seed: bytes
    ) -> tuple[Properties, list[CheckFailure]]:
        """The inputs as the provider wants them: defaults filled in, names made."""
        if not self._known:
            return news, []
        sent = news if self._preview else without_unknowns(news)
        request = pb.CheckRequest(
            olds=self._send(olds or {}), news=self._send(sent), randomSeed=seed, **subject.fields
        )
        response = self._rpc("Check", request, pb.CheckResponse, (olds, news))
        return self._annotated(from_struct(response.inputs), news), _failures(response)

    def diff(
        self, subject: Subject, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Diff:
        """Whether and how the resource must change. Raises DiffUnavailableError."""
        if not self._known:
            raise DiffUnavailableError(
                f"The provider for this resource has inputs that are not known during preview: {self.package}"
            )
        request = pb.DiffRequest(
            id=subject.id,
            olds=self._send(old_outputs, elided=True),
            old_inputs=self._send(old_inputs, elided=True),
            news=self._send(news, elided=True),
            ignoreChanges=subject.ignore_changes,
            **subject.fields,
        )
        return _diff(self._rpc("Diff", request, pb.DiffResponse, (old_inputs, old_outputs, news)))

    def create(self, subject: Subject, inputs: Properties) -> tuple[str, Properties]:
        """Make the resource: its id and outputs. In a preview only foretell them."""
        if self._preview and not self._known:
            return "", {}
        if self._preview and not self._features.supportsPreview:
            return "", dict(inputs)
        request = pb.CreateRequest(
            properties=self._send(inputs), timeout=subject.timeout, preview=self._preview, **subject.fields
        )
        response = self._rpc("Create", request, pb.CreateResponse, (inputs,))
        outputs = self._annotated(from_struct(response.properties), inputs)
        if not response.id and not self._preview:
            raise ProviderError("the provider did not return an ID from Create")
        self._refuse_unknowns("Create", response.id, outputs)
        return response.id, outputs

    def update(
        self, subject: Subject, old_inputs: Properties, old_outputs: Properties, news: Properties
    ) -> Properties:
        """Change the resource in place: its new outputs."""
        if self._preview and not self._known:
            return {}
        if self._preview and not self._features.supportsPreview:
            return dict(news)
        request = pb.UpdateRequest(
            id=subject.id,
            olds=self._send(old_outputs, elided=True),
            old_inputs=self._send(old_inputs, elided=True),
            news=self._send(news),
            timeout=subject.timeout,
            ignoreChanges=subject.ignore_changes,
            preview=self._preview,
            **subject.fields,
        )
        response = self._rpc("Update", request, pb.UpdateResponse, (old_inputs, old_outputs, news))
        outputs = self._annotated(from_struct(response.properties), news)
        self._refuse_unknowns("Update", subject.id, outputs)
        return outputs

    def delete(self, subject: Subject, inputs: Properties, outputs: Properties) -> None:
        """Remove the resource."""
        request = pb.DeleteRequest(
            id=subject.id,
            properties=self._send(outputs, elided=True),
            old_inputs=self._send(inputs, elided=True),
            timeout=subject.timeout,
            **subject.fields,
        )
        self._rpc("Delete", request, None, (inputs, outputs))

    def read(self, subject: Subject, inputs: Properties | None, state: Properties | None) -> ReadResult:
        """The resource as it is now."""
        if not self._known:
            return ReadResult(subject.id, {}, {})
        request = pb.ReadRequest(id=subject.id, timeout=subject.timeout, **subject.fields)
        if inputs is not None:
            request.inputs.CopyFrom(self._send(inputs, elided=True))
        if state is not None:
            request.properties.CopyFrom(self._send(state, elided=True))
        response = self._rpc("Read", request, pb.ReadResponse, (inputs, state))
        if not response.id:
            return ReadResult("", None, None)
        outputs = self._annotated(from_struct(response.properties), state or {})
        found = (
            self._annotated(from_struct(response.inputs), inputs or {})
            if response.HasField("inputs")
            else None
        )
        return ReadResult(response.id, outputs, found)

    def invoke(self, token: str, args: Properties) -> tuple[Properties, list[CheckFailure]]:
        """Call a function of the provider."""
        if not self._known:
            return {}, []
        request = pb.InvokeRequest(tok=token, args=self._send(args), preview=self._preview)
        response = self._rpc("Invoke", request, pb.InvokeResponse, (args,))
        return from_struct(getattr(response, "return")), _failures(response)

    def cancel(self) -> None:
        """Ask the provider to give up what it is doing, if it can."""
        try:
            self._call("Cancel", Empty())
        except grpc.RpcError:
            return

    def _rpc(self, method: str, request: Any, answer: Any, sent: Sequence[Any]) -> Any:
        try:
            response = self._call(method, request)
        except grpc.RpcError as error:
            raise readable(error, sent, getattr(request, "urn", "")) from None
        if answer is not None and not isinstance(response, answer):
            raise ProviderError(f"the provider answered {method} with {type(response).__name__}")
        return response

    def _send(self, properties: Properties, *, elided: bool = False) -> Any:
        """Properties as the provider takes them; `elided`: of assets only their hashes, enough to compare."""
        if not self._features.acceptSecrets:
            properties = unwrap(properties)
        if any_value(properties, _is_special):
            as_accepted = _reference if self._features.acceptResources else _reference_as_text
            properties = map_values(properties, as_accepted)
            properties = map_values(properties, _hash_only) if elided else properties
        return to_struct(properties)

    def _annotated(self, outputs: Properties, sent: Mapping[str, Any]) -> Properties:
        """A provider that was sent bare values answers with bare values: what was secret is so again."""
        return outputs if self._features.acceptSecrets else annotate_secrets(outputs, sent)

    def _refuse_unknowns(self, method: str, id_: str, outputs: Properties) -> None:
        if not self._preview and has_unknown(outputs):
            known = {key: value for key, value in outputs.items() if not has_unknown(value)}
            message = f"the provider returned unknown values from {method}"
            raise ProviderError(message, init=InitFailure(id_, known, [message]))


def annotate_secrets(outputs: Any, sent: Any) -> Any:
    """`outputs` with all secret that was so at the same place in `sent`; a list with a secret is one."""
    if is_secret(outputs):
        return outputs
    if isinstance(outputs, dict) and isinstance(sent, dict) and not is_secret(sent):
        return {k: annotate_secrets(v, sent[k]) if k in sent else v for k, v in outputs.items()}
    return secret(outputs) if has_secret(sent) else outputs


def _is_special(value: Any) -> bool:
    return isinstance(value, dict) and value.get(SIG) in (RESOURCE, ASSET, ARCHIVE)


def _reference(value: Any) -> Any:
    if not isinstance(value, dict) or value.get(SIG) != RESOURCE:
        return value
    known = {"id": "" if has_unknown(value["id"]) else value["id"]} if "id" in value else {}
    return {**value, "name": urns.name_of(value["urn"]), "type": urns.type_of(value["urn"]), **known}


def _hash_only(value: Any) -> Any:
    if isinstance(value, dict) and value.get(SIG) in (ASSET, ARCHIVE):
        return {key: value[key] for key in (SIG, "hash") if key in value}
    return value


def without_unknowns(value: Any) -> Any:
    """The value without members that are unknown: what a failed dependency leaves in an update."""
    if not has_unknown(value):
        return value
    if isinstance(value, dict):
        return {key: without_unknowns(item) for key, item in value.items() if not is_unknown(item)}
    return [None if is_unknown(item) else without_unknowns(item) for item in value]


def _reference_as_text(value: Any) -> Any:
    if isinstance(value, dict) and value.get(SIG) == RESOURCE:
        return value["id"] if "id" in value else value["urn"]
    return value


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def _failures(response: Any) -> list[CheckFailure]:
    return [CheckFailure(f.property, f.reason) for f in response.failures]


def _diff(response: pb.DiffResponse) -> Diff:
    if response.changes not in _CHANGES:
        raise ProviderError(f"the provider answered Diff with an unknown kind of change ({response.changes})")
    return Diff(
        changes=_CHANGES[response.changes],
        replace_keys=tuple(response.replaces),
        changed_keys=tuple(response.diffs),
        detailed={
            path: PropertyDiff(_KINDS.get(entry.kind, "update"), entry.inputDiff)
            for path, entry in response.detailedDiff.items()
        },
        delete_before_replace=response.deleteBeforeReplace,
    )
