"""What the registry tells webhooks, in MLflow's words and in Databricks'.

Prompts have events of their own, which only MLflow knows.
"""

from collections.abc import Sequence
from typing import Any

from trackstack.server.calls import Call
from trackstack.server.databricks.events import RegistryEvent
from trackstack.server.store.registry.entities import NewVersion
from trackstack.server.store.registry.versions import Move
from trackstack.server.webhooks.mlflow import MlflowEvent

_INTERNAL = ("mlflow.prompt.is_prompt", "_mlflow_prompt_type", "mlflow.prompt.text")


def model_created(call: Call, name: str, tags: dict[str, str], description: str) -> None:
    prompt = tags.get("mlflow.prompt.is_prompt", "").lower() == "true"
    shown = _shown(tags) if prompt else tags
    data = {"name": name, "tags": shown, "description": description}
    _fire(call, "prompt.created" if prompt else "registered_model.created", data)
    if not prompt:
        RegistryEvent.model_created(call.identity.name, name).fire(call)


def version_created(call: Call, prompt: bool, new: NewVersion, version: str) -> None:
    common = {"name": new.name, "version": version, "description": new.description or None}
    if prompt:
        text = new.tags.get("mlflow.prompt.text")
        data = {**common, "template": text, "tags": _shown(new.tags)}
        _fire(call, "prompt_version.created", data)
    else:
        data = {**common, "source": new.source, "run_id": new.run_id, "tags": new.tags}
        _fire(call, "model_version.created", data)
        RegistryEvent.version_created(call.identity.name, new.name, version).fire(call)


def version_tag_set(call: Call, prompt: bool, name: str, version: int, tag: tuple[str, str]) -> None:
    data = {"name": name, "version": str(version), "key": tag[0], "value": tag[1]}
    _fire(call, "prompt_version_tag.set" if prompt else "model_version_tag.set", data)
    if not prompt:
        RegistryEvent.tag_set(call.identity.name, name, version, tag).fire(call)


def transitioned(call: Call, name: str, moves: Sequence[Move]) -> None:
    """Known to Databricks alone."""
    for move in moves:
        RegistryEvent.transitioned(name, move).fire(call)


def version_tag_deleted(call: Call, prompt: bool, name: str, version: int, key: str) -> None:
    data = {"name": name, "version": str(version), "key": key}
    _fire(call, "prompt_version_tag.deleted" if prompt else "model_version_tag.deleted", data)


def alias_set(call: Call, prompt: bool, name: str, alias: str, version: int) -> None:
    data = {"name": name, "alias": alias, "version": str(version)}
    _fire(call, "prompt_alias.created" if prompt else "model_version_alias.created", data)


def alias_deleted(call: Call, prompt: bool, name: str, alias: str) -> None:
    data = {"name": name, "alias": alias}
    _fire(call, "prompt_alias.deleted" if prompt else "model_version_alias.deleted", data)


def prompt_tag_set(call: Call, name: str, key: str, value: str) -> None:
    _fire(call, "prompt_tag.set", {"name": name, "key": key, "value": value})


def prompt_tag_deleted(call: Call, name: str, key: str) -> None:
    _fire(call, "prompt_tag.deleted", {"name": name, "key": key})


def _fire(call: Call, event: str, data: dict[str, Any]) -> None:
    call.services.hooks.fire(MlflowEvent(event, data))


def _shown(tags: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key not in _INTERNAL}
