"""Runs the containers of pods as processes of this machine, with what their manifests give them."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trackstack.components.aws.identity import ROLE_ARN

_ENTRY_POINT = (sys.executable, "-m", "trackstack.server")


@dataclass(frozen=True)
class Kubelet:
    """A node on which the root is `folder`, and AWS is at `endpoint`."""

    objects: Mapping[tuple[str, str], Mapping[str, Any]]
    """What is in the cluster, by kind and name."""
    folder: Path
    endpoint: str

    def run(self, kind: str, name: str, **changes: str) -> None:
        """The one container of a Job's pod, to its end."""
        done = subprocess.run(**self._process(kind, name, changes), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def start(self, kind: str, name: str, **changes: str) -> "subprocess.Popen[bytes]":
        """The one container of a Deployment's pod."""
        with (self.folder / "log").open("wb") as log:
            return subprocess.Popen(**self._process(kind, name, changes), stderr=log)

    def environment(self, kind: str, name: str) -> dict[str, str]:
        """What the container is told, with paths as in the pod."""
        return dict(self._environment(self._pod(kind, name)))

    def _pod(self, kind: str, name: str) -> Mapping[str, Any]:
        spec: Mapping[str, Any] = self.objects[kind, name]["spec"]["template"]["spec"]
        return spec

    def _process(self, kind: str, name: str, changes: Mapping[str, str]) -> dict[str, Any]:
        pod = self._pod(kind, name)
        (container,) = pod["containers"]
        self._mount(pod, container)
        told = {**dict(self._environment(pod)), **changes}
        moved = {key: self._moved(text, container) for key, text in told.items()}
        command = container.get("command")
        run = [sys.executable, *command[1:]] if command else [*_ENTRY_POINT, *container["args"]]
        return {"args": run, "env": {"PATH": os.environ["PATH"], **moved, **self._identity(pod)}}

    def _environment(self, pod: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for variable in pod["containers"][0]["env"]:
            chosen = variable.get("valueFrom", {}).get("secretKeyRef")
            text = self.objects["Secret", chosen["name"]]["stringData"][chosen["key"]] if chosen else None
            yield variable["name"], variable["value"] if text is None else text

    def _identity(self, pod: Mapping[str, Any]) -> dict[str, str]:
        """What EKS adds for a service account that has a role."""
        account = self.objects["ServiceAccount", pod["serviceAccountName"]]["metadata"]
        token = self.folder / "token"
        token.write_text("a.b.c")
        role = {"AWS_ROLE_ARN": account["annotations"][ROLE_ARN], "AWS_WEB_IDENTITY_TOKEN_FILE": str(token)}
        return {**role, "AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": self.endpoint}

    def _mount(self, pod: Mapping[str, Any], container: Mapping[str, Any]) -> None:
        volumes = {volume["name"]: volume for volume in pod.get("volumes", ())}
        for mount in container.get("volumeMounts", ()):
            folder = self.folder / mount["mountPath"].strip("/")
            folder.mkdir(parents=True, exist_ok=True)
            secret = volumes[mount["name"]].get("secret", {})
            for item in secret.get("items", ()):
                data = self.objects["Secret", secret["secretName"]]["stringData"]
                (folder / item["path"]).write_text(data[item["key"]])

    def _moved(self, text: str, container: Mapping[str, Any]) -> str:
        """A path, or the path in a URL, below the folder."""
        for mount in container.get("volumeMounts", ()):
            path = mount["mountPath"]
            if text == path or text.startswith(f"{path}/") or f"={path}/" in text:
                return text.replace(path, f"{self.folder}{path}")
        return text
