"""What this version wrote is what later ones go on with: a recorded state previews as nothing to do.

`recorded/kubernetes*.json` are what an instance's stack exported after its first `up` on a real cluster;
those `_by_plugin` were made by the Pulumi CLI 3.260.0 with its plugin kubernetes 4.34.2.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from trackstack.engine.options import Options
from trackstack.engine.secrets import Passphrase
from trackstack.providers.kubernetes import Kubernetes
from trackstack.providers.local import Local
from trackstack.stacks.program import deploy
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec

RECORDED = Path(__file__).with_name("recorded")
FOLDER = "{folder}"
"""Where the project's folder was."""
PASSPHRASE = "recorded"
NAMES = (
    "kubernetes_small",
    "kubernetes_large",
    "kubernetes_small_by_plugin",
    "kubernetes_large_by_plugin",
)


def restored(project: Project, name: str) -> tuple[InstanceSpec, Passphrase]:
    """Make the project and the stack that were recorded; the stack's spec and passphrase."""
    text = (RECORDED / f"{name}.json").read_text().replace(FOLDER, str(project.folder.resolve()))
    document: dict[str, Any] = json.loads(text)
    project.make()
    spec = InstanceSpec(**document["spec"])
    settings = project.settings("demo")
    settings.config.update(spec.to_config())
    settings.save()
    stack = project.stack("demo")
    secrets = Passphrase(PASSPHRASE, document["export"]["deployment"]["secrets_providers"]["state"])
    stack.init(secrets)
    stack.import_(document["export"])
    return spec, secrets


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_state_previews_as_no_changes(project: Project, name: str) -> None:
    _, secrets = restored(project, name)
    config = project.pulumi.complete("demo", project.settings("demo").plain(), frozenset())
    options = Options(
        secrets=secrets,
        config=config,
        providers={"trackstack": Local(), "kubernetes": Kubernetes},
        root=project.folder,
    )

    plan = project.stack("demo").preview(partial(deploy, project.folder), options)

    assert {step.name: step.op for step in plan.steps if step.op != "same"} == {}
    assert plan.changes["same"] > 10


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_state_is_listed(project: Project, name: str) -> None:
    restored(project, name)

    from trackstack.stacks.instances import show

    found = show(project, "demo")

    assert (found.state, found.namespace, found.error) == ("active", "recorded", "")
