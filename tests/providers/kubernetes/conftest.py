"""Stacks of real pulumi_kubernetes resources on the embedded engine, in a namespace of a real cluster."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.fixtures import Cluster

from trackstack.engine import Backend, Options, Passphrase, Result, Stack
from trackstack.engine.events import Event, Step
from trackstack.engine.resource import Resource
from trackstack.providers.kubernetes import Kubernetes

PASSPHRASE = "correct horse"


@cache
def secrets() -> Passphrase:
    """One salt for all stacks: deriving a key takes a third of a second."""
    return Passphrase(PASSPHRASE, Passphrase(PASSPHRASE).state)


@dataclass
class Bench:
    """One stack whose objects are in one namespace."""

    cluster: Cluster
    namespace: str
    stack: Stack
    options: Options
    events: list[Event] = field(default_factory=list)
    opened: list[Kubernetes] = field(default_factory=list)

    def set(self, **config: str) -> None:
        """Change the provider's inputs for what follows."""
        given = {f"kubernetes:{key}": value for key, value in config.items()}
        self.options = replace(self.options, config={**self.options.config, **given})

    def up(self, program: Callable[[], Any], **choices: Any) -> Result:
        return self.stack.up(program, replace(self.options, **choices))

    def preview(self, program: Callable[[], Any], **choices: Any) -> Result:
        return self.stack.preview(program, replace(self.options, **choices))

    def refresh(self) -> Result:
        return self.stack.refresh(self.options)

    def destroy(self) -> Result:
        return self.stack.destroy(self.options)

    def resource(self, name: str) -> Resource:
        """The recorded resource of that name."""
        return next(r for r in self.stack.snapshot().resources if r.name == name and not r.delete)

    def requests(self) -> int:
        """How many requests the providers of this bench made since this was last asked."""
        count = sum(each.requests for each in self.opened)
        self.opened.clear()
        return count

    def get(self, kind: str, name: str, group: str = "api/v1") -> Any:
        """An object as it is in the cluster. Raises LookupError."""
        return self.cluster.call("GET", f"/{group}/namespaces/{self.namespace}/{kind}/{name}")

    def change(self, kind: str, name: str, patch: Any, group: str = "api/v1", **query: str) -> Any:
        """Change an object behind the stack's back."""
        path = f"/{group}/namespaces/{self.namespace}/{kind}/{name}"
        return self.cluster.call("PATCH", path, patch, **query)

    def delete(self, kind: str, name: str, group: str = "api/v1") -> None:
        """Delete an object behind the stack's back."""
        self.cluster.call("DELETE", f"/{group}/namespaces/{self.namespace}/{kind}/{name}")

    def names(self, kind: str, group: str = "api/v1") -> list[str]:
        """The objects of a kind in the namespace, but for what every namespace has."""
        found = self.cluster.call("GET", f"/{group}/namespaces/{self.namespace}/{kind}")["items"]
        own = (item["metadata"]["name"] for item in found)
        return sorted(name for name in own if name != "kube-root-ca.crt")


def steps(result: Result) -> dict[str, str]:
    """The operation on each resource but the stack and the providers."""
    return {
        step.name: step.op
        for step in result.steps
        if not step.name.startswith("default") and step.type != "pulumi:pulumi:Stack"
    }


def step(result: Result, name: str) -> Step:
    """The one step of that name."""
    return next(each for each in result.steps if each.name == name)


def changed(result: Result, name: str) -> list[str]:
    """The fields that a step changes."""
    return [change.path for change in step(result, name).diff]


def operations(result: Result, name: str) -> list[str]:
    """Every operation on a resource that takes several."""
    return [each.op for each in result.steps if each.name == name]


NewBench = Callable[..., Bench]


@pytest.fixture
def new_bench(cluster: Cluster, tmp_path: Path) -> Iterator[NewBench]:
    """Makes stacks of a name, in a namespace of their own or in one given."""

    def make(name: str = "dev", namespace: str = "", state: str = "state", **config: str) -> Bench:
        namespace = namespace or cluster.make_namespace()
        stack = Backend.open(tmp_path / state).stack("project", name)
        opened: list[Kubernetes] = []

        def provider() -> Kubernetes:
            opened.append(Kubernetes())
            return opened[-1]

        events: list[Event] = []
        given = {"kubeconfig": str(cluster.kubeconfig), "namespace": namespace, **config}
        options = Options(
            secrets=secrets(),
            providers={"kubernetes": provider},
            config={f"kubernetes:{key}": value for key, value in given.items()},
            on_event=events.append,
            root=tmp_path,
        )
        stack.init(options.secrets)
        return Bench(cluster, namespace, stack, options, events, opened)

    yield make


@pytest.fixture
def bench(new_bench: NewBench) -> Bench:
    """A new stack in a namespace of its own."""
    return new_bench()
