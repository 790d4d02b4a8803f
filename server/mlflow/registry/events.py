"""What the registry tells webhooks, in MLflow's words and in Databricks'.

Prompts have events of their own, which only MLflow knows.
"""

from collections.abc import Sequence

from trackstack.server.calls import Call
from trackstack.server.databricks.events import RegistryEvent
from trackstack.server.store.registry.entities import NewVersion
from trackstack.server.store.registry.versions import Move
from trackstack.server.webhooks.hooks import Event
from trackstack.server.webhooks.mlflow import MlflowEvent

_INTERNAL = ("mlflow.prompt.is_prompt", "_mlflow_prompt_type", "mlflow.prompt.text")


def model_created(call: Call, name: str, tags: dict[str, str], description: str) -> Sequence[Event]:
    prompt = tags.get("mlflow.prompt.is_prompt", "").lower() == "true"
    shown = _shown(tags) if prompt else tags
    data = {"name": name, "tags": shown, "description": description}
    if prompt:
        return [MlflowEvent("prompt.created", data)]
    told = RegistryEvent.model_created(call.identity.name, name)
    return [MlflowEvent("registered_model.created", data), told]


def version_created(call: Call, prompt: bool, new: NewVersion, version: str) -> Sequence[Event]:
    common = {"name": new.name, "version": version, "description": new.description or None}
    if prompt:
        text = new.tags.get("mlflow.prompt.text")
        data = {**common, "template": text, "tags": _shown(new.tags)}
        return [MlflowEvent("prompt_version.created", data)]
    data = {**common, "source": new.source, "run_id": new.run_id, "tags": new.tags}
    told = RegistryEvent.version_created(call.identity.name, new.name, version)
    return [MlflowEvent("model_version.created", data), told]


def version_tag_set(
    call: Call, prompt: bool, name: str, version: int, tag: tuple[str, str]
) -> Sequence[Event]:
    data = {"name": name, "version": str(version), "key": tag[0], "value": tag[1]}
    if prompt:
        return [MlflowEvent("prompt_version_tag.set", data)]
    told = RegistryEvent.tag_set(call.identity.name, name, version, tag)
    return [MlflowEvent("model_version_tag.set", data), told]


def transitioned(name: str, moves: Sequence[Move]) -> Sequence[Event]:
    """Known to Databricks alone."""
    return [RegistryEvent.transitioned(name, move) for move in moves]


def version_tag_deleted(prompt: bool, name: str, version: int, key: str) -> Sequence[Event]:
    data = {"name": name, "version": str(version), "key": key}
    return [MlflowEvent("prompt_version_tag.deleted" if prompt else "model_version_tag.deleted", data)]


def alias_set(prompt: bool, name: str, alias: str, version: int) -> Sequence[Event]:
    data = {"name": name, "alias": alias, "version": str(version)}
    return [MlflowEvent("prompt_alias.created" if prompt else "model_version_alias.created", data)]


def alias_deleted(prompt: bool, name: str, alias: str) -> Sequence[Event]:
    data = {"name": name, "alias": alias}
    return [MlflowEvent("prompt_alias.deleted" if prompt else "model_version_alias.deleted", data)]


def prompt_tag_set(name: str, key: str, value: str) -> Sequence[Event]:
    return [MlflowEvent("prompt_tag.set", {"name": name, "key": key, "value": value})]


def prompt_tag_deleted(name: str, key: str) -> Sequence[Event]:
    return [MlflowEvent("prompt_tag.deleted", {"name": name, "key": key})]


def _shown(tags: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key not in _INTERNAL}
