"""What new instances start from: `trackstack serve --defaults FILE`."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.cluster.control_plane import LOG_LINES
from tests.cluster.fixtures import Cluster
from tests.control.console.people import HOME, somebody
from tests.control.serving import BIN, PROJECT, ControlPlane, settled, until

from trackstack.stacks.defaults import Defaults
from trackstack.stacks.errors import InvalidSpec
from trackstack.stacks.instances import read_spec
from trackstack.stacks.project import Project

CLUSTER: dict[str, Any] = {
    "trackstack:target": "kubernetes",
    "trackstack:retention": "7d",
    "trackstack:description": "One of many",
    "trackstack:labels": {"platform": "ml", "tier": "gold"},
    "trackstack:kubernetes": {
        "image": "registry.example.com/trackstack-server:1.0",
        "database": {"kind": "postgres"},
        "bucket": {"kind": "s3", "url": "s3://artifacts/{project}/{instance}"},
        "exposure": {"kind": "ingress", "host": "{instance}.ml.example.org", "tls": True},
    },
    "aws:region": "eu-central-1",
}


def written(folder: Path, config: Any) -> Path:
    path = folder / "defaults.yaml"
    path.write_text(yaml.safe_dump({"config": config}))
    return path


def loaded(folder: Path, config: Any) -> Defaults:
    return Defaults.load(written(folder, config), Project(folder))


def changed(**kubernetes: Any) -> dict[str, Any]:
    return CLUSTER | {"trackstack:kubernetes": CLUSTER["trackstack:kubernetes"] | kubernetes}


def test_an_instance_has_what_the_file_says_its_own_names_and_what_was_asked_for(tmp_path: Path) -> None:
    defaults = loaded(tmp_path, CLUSTER)

    spec = defaults.spec(
        "Team_A", {"name": "Team_A", "project": PROJECT, "retention": "9d", "labels": {"tier": "iron"}}
    )

    assert (spec.name, spec.target, spec.retention, spec.description) == (
        *("Team_A", "kubernetes", "9d", "One of many"),
    )
    assert spec.labels == {"platform": "ml", "tier": "iron"}
    host = spec.kubernetes.exposure.host
    assert host.startswith("team-a-") and host.endswith(".ml.example.org")
    assert spec.kubernetes.bucket.url == f"s3://artifacts/{PROJECT}/{host.partition('.')[0]}"
    assert defaults.others == {"aws:region": "eu-central-1"}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"trackstack:target": "moon"}, "target: 'moon' cannot be used"),
        ({"trackstack:colour": "red"}, "colour is no setting of an instance"),
        ({"trackstack:name": "demo"}, "trackstack:name is every instance's own; leave it out"),
        ({"trackstack:port": 5000}, "trackstack:port is every instance's own; leave it out"),
        ({"trackstack:retention": "1y"}, "retention: '1y' cannot be used; write 1d to 90d"),
        (
            {"trackstack:description": "{team}"},
            "trackstack:description: {team} is not filled in; there are {instance}, {id}, {project}",
        ),
        (
            changed(exposure={"kind": "ingress", "host": "ml.example.org"}),
            "kubernetes.exposure.host would be the same for all instances; write {instance} into it",
        ),
        (
            changed(bucket={"kind": "s3", "url": "s3://artifacts/all"}),
            "kubernetes.bucket.url would be the same for all instances",
        ),
        (
            changed(database={"kind": "url", "secret": {"name": "database", "key": "url"}}),
            "kubernetes.database.secret would be the same for all instances",
        ),
        ({"trackstack:description": {"secure": "v1:abc"}}, "trackstack:description: a secret of one stack"),
        ("target", "`config` is not a mapping of keys to values"),
    ],
)
def test_what_no_instance_could_be_made_of_is_refused(tmp_path: Path, config: Any, message: str) -> None:
    with pytest.raises(InvalidSpec) as refusal:
        loaded(tmp_path, config)

    assert message in str(refusal.value) and "\n" not in str(refusal.value)
    assert str(refusal.value).startswith(f"{tmp_path / 'defaults.yaml'}: ")


@pytest.mark.parametrize("text", [None, "config: ["])
def test_a_file_that_cannot_be_read_ends_the_start(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "defaults.yaml"
    if text:
        path.write_text(text)
    done = subprocess.run(
        [BIN / "trackstack", "serve", "--defaults", str(path), "--project", str(tmp_path / "project")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert str(path) in done.stderr and "Traceback" not in done.stderr


def test_defaults_of_this_machine_hold_for_what_the_request_does_not_say(own: ControlPlane) -> None:
    own.flags += ("--defaults", str(written(own.home, {"trackstack:retention": "7d"})))
    own.start()
    client = own.client()

    plain = client.post("/instances", json={"name": "plain"}).json()["instance"]
    chosen = client.post("/instances", json={"name": "chosen", "deletedExperimentRetention": "8d"}).json()

    assert plain["deletedExperimentRetention"] == "7d"
    assert chosen["instance"]["deletedExperimentRetention"] == "8d"
    instance = settled(client, plain["id"])
    assert instance["state"] == "active", instance


@pytest.mark.cluster
@pytest.mark.slow
def test_instances_are_made_in_a_cluster(own: ControlPlane, cluster: Cluster) -> None:
    namespace = cluster.make_namespace()
    kubernetes = {
        "kubeconfig": str(cluster.kubeconfig),
        "namespace": namespace,
        "image": "registry.example.com/trackstack-server:1.0",
        "exposure": {"kind": "ingress", "host": "{instance}.ml.example.org"},
    }
    file = written(own.home, {"trackstack:target": "kubernetes", "trackstack:kubernetes": kubernetes})
    own.flags += ("--defaults", str(file))
    own.start()
    client = own.client()

    made = client.post("/instances", json={"name": "Vision"})
    assert made.status_code == 202, made.text
    promised = made.json()["instance"]
    instance = settled(client, promised["id"])

    assert instance == promised | {"state": "active"}
    (stack,) = own.project.stacks()
    spec = read_spec(own.project, stack)
    assert spec.target == "kubernetes" and spec.port is None and spec.project == PROJECT
    ingresses = cluster.call("GET", f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses")["items"]
    assert [f"http://{each['spec']['rules'][0]['host']}" for each in ingresses] == [instance["url"]]
    shown = json.loads(own.command("list", "--json"))["instances"]
    assert [(each["target"], each["state"], each["url"]) for each in shown] == [
        ("kubernetes", "active", instance["url"])
    ]
    person = somebody(own, "owner")
    assert "in its cluster (target kubernetes)" in person.get(f"{HOME}/new").text
    page = person.get(f"{HOME}/instances/{instance['id']}")
    assert page.status_code == 200 and f"<code>{namespace}</code>" in page.text
    assert "<dt>Pods</dt><dd>active <span" in page.text
    until(
        lambda: LOG_LINES.splitlines()[-1] in person.get(f"{HOME}/instances/{instance['id']}/log").text,
        "the pods' log",
    )
    assert client.delete(f"/instances/{instance['id']}").status_code == 202
    assert settled(client, instance["id"])["state"] == "gone"
    assert not cluster.call("GET", f"/apis/apps/v1/namespaces/{namespace}/deployments")["items"]
