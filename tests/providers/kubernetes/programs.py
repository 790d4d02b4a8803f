"""Resources that several tests declare."""

from typing import Any

import pulumi_kubernetes as k8s

WEB = {"app": "web"}


def deployment(name: str = "web", replicas: int = 1, image: str = "example.org/web:1", **more: Any) -> Any:
    """A Deployment of one container; `fails` as in the control plane's stages.yaml."""
    fails = more.pop("fails", "")
    annotations = {"trackstack.test/fails": fails} if fails else {}
    container = {"name": "web", "image": image, "resources": {"limits": {"cpu": "1000m"}}}
    return k8s.apps.v1.Deployment(
        name,
        metadata={"name": name, **more.pop("metadata", {})},
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": WEB},
            "template": {
                "metadata": {"labels": WEB, "annotations": annotations},
                "spec": {"containers": [container], **more.pop("pod", {})},
            },
        },
        **more,
    )


def config_map(data: dict[str, str], name: str = "settings", **more: Any) -> Any:
    """A ConfigMap of a fixed name."""
    return k8s.core.v1.ConfigMap(name, metadata={"name": name, **more.pop("metadata", {})}, data=data, **more)


def drawn(**more: Any) -> Any:
    """A ConfigMap whose name the provider draws."""
    return k8s.core.v1.ConfigMap("drawn", data={"a": "1"}, **more)
