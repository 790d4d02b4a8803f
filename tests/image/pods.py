"""What the manifests of an instance on Kubernetes tell the image: commands, environment, mounts."""

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.components.registrations import register

from trackstack import tokens
from trackstack.components.kubernetes import names
from trackstack.components.kubernetes.instance import KubernetesArgs, KubernetesInstance
from trackstack.components.settings.kubernetes import KubernetesSettings

SECRETS = "/etc/trackstack"
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@dataclass(frozen=True)
class Container:
    """The arguments of the image's entry point, its environment, and where volumes are mounted."""

    args: list[str]
    env: dict[str, str]
    mounts: list[str]

    def on(self, place: Path, **changes: str) -> dict[str, str]:
        """The environment with the mounts below a folder instead of the root: for a plain process."""
        moved = {}
        for name, value in self.env.items():
            mounted = any(value == mount or value.startswith(f"{mount}/") for mount in self.mounts)
            moved[name] = f"{place}{value}" if mounted else value
        return {**moved, **changes}


def containers(settings: Mapping[str, Any], **secrets: str) -> dict[str, Container]:
    """Every container that runs the image, by its name; `secrets` are values by the name of their Secret."""
    args = KubernetesArgs(settings=KubernetesSettings.model_validate(settings), retention="7d")

    def make() -> Any:
        return KubernetesInstance("demo", args).outputs

    registered, _ = register(make)
    found = {}
    for resource in registered.values():
        for spec in _pods(resource["inputs"]):
            for one in (*spec.get("initContainers", ()), *spec["containers"]):
                if one["image"] == args.settings.image:
                    found[one["name"]] = _container(one, secrets)
    return found


def _pods(value: Any) -> Iterator[Any]:
    """Every pod's spec within a manifest, wherever its kind has it."""
    if isinstance(value, dict):
        if "containers" in value:
            yield value
        for below in value.values():
            yield from _pods(below)


def _container(one: Any, secrets: Mapping[str, str]) -> Container:
    env = {}
    for variable in one["env"]:
        reference = variable.get("valueFrom", {}).get("secretKeyRef")
        env[variable["name"]] = secrets[reference["name"]] if reference else variable["value"]
    return Container(one["args"], env, [mount["mountPath"] for mount in one["volumeMounts"]])


def furnish(root: Path, token: tokens.Token, own: Callable[[Path], None] = lambda path: None) -> None:
    """Makes the volumes below a folder; `own` gives what the pod may write to its user."""
    for folder in ("data", "artifacts", "tmp"):
        (root / folder).mkdir(exist_ok=True)
        own(root / folder)
    for name, content in (("admin/admin-token", f"{token.id} {token.digest}\n"), ("key/key", KEY)):
        file = root / SECRETS.strip("/") / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


PORT = str(names.PORT)
"""Where the manifests have the pods listen."""
