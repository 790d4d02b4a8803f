"""Instances in a cluster from the command line: what is refused, and a whole life."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.cluster.control_plane import LOG_LINES
from tests.cluster.fixtures import Cluster

from trackstack.cli.main import cli

IMAGE = "registry.example.com/trackstack-server:1.0"
CREATE = ("create", "demo", "--target", "kubernetes")


def run(runner: CliRunner, *arguments: str) -> Result:
    return runner.invoke(cli, arguments, prog_name="trackstack")


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("--size", "huge"), 2, "kubernetes.size: 'huge' cannot be used; "),
        (
            ("--image", "trackstack:latest"),
            2,
            "kubernetes.image: 'trackstack:latest' cannot be used; latest",
        ),
        (
            ("--image", "trackstack"),
            2,
            "kubernetes.image: 'trackstack' cannot be used; write",
        ),
        (("--replicas", "many"), 2, "kubernetes.replicas: 'many' cannot be used; "),
        (("--replicas", "2"), 2, "kubernetes: replicas 2: only one pod can serve SQLite on a volume; choose"),
        (("--database", "oracle"), 2, "kubernetes.database.kind: 'oracle' cannot be used; "),
        (("--bucket", "gs://b"), 2, "kubernetes.bucket.url: 'gs://b' cannot be used; "),
        (("--host", "a b"), 2, "kubernetes.exposure.host: 'a b' cannot be used; write a host name such as"),
        (
            ("--namespace", "A"),
            2,
            "kubernetes.namespace: 'A' cannot be used; write 1 to 63",
        ),
        (("--set", "kubernetes.colour=red"), 2, "kubernetes.colour is no setting of an instance"),
        (("--set", "kubernetes.timeout_s=1"), 2, "kubernetes.timeout_s: '1' cannot be used; "),
        (("--set", "colour=red"), 2, "colour is no setting of an instance; there are name, "),
        (("--set", "retention"), 2, "Invalid value for '--set': 'retention' is no setting: write KEY=VALUE"),
        (
            ("--set", "kubernetes.egress=[1"),
            2,
            "Invalid value for '--set': 'kubernetes.egress=[1' is no",
        ),
        (("--size", "small", "--set", "kubernetes.size.x=1"), 2, "kubernetes.size.x is below size, which"),
        (("--context", "nowhere"), 1, "there is no kubeconfig: set KUBECONFIG"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_is_refused_in_one_line_that_names_the_key(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, line: str
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)

    result = run(runner, *CREATE, *arguments)

    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1].startswith(f"Error: {line}")
    assert "Traceback" not in result.stderr
    assert not [*Path().rglob("Pulumi.yaml")]


def test_settings_of_a_cluster_are_none_of_this_machines(runner: CliRunner) -> None:
    result = run(runner, "create", "demo", "--size", "large")

    assert result.exit_code == 2
    assert result.stderr.startswith("Error: kubernetes is for the target")


def test_the_doctor_looks_at_a_cluster_when_asked(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)

    result = run(runner, "doctor", "--cluster", "--json")

    found = {each["name"]: each for each in json.loads(result.stdout)["checks"]}
    assert found["cluster"]["state"] == "fail"
    assert found["cluster"]["found"].startswith("there is no kubeconfig")
    assert result.exit_code == 1


@pytest.mark.cluster
@pytest.mark.slow
def test_an_instance_lives_in_a_cluster(
    runner: CliRunner, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    namespace = cluster.make_namespace(restricted=True)

    def done(*arguments: str, code: int = 0) -> Result:
        result = run(runner, *arguments)
        assert result.exit_code == code, result.stderr
        return result

    def document(*arguments: str) -> Any:
        return json.loads(done(*arguments, "--json").stdout)

    made = done(*CREATE, "--image", IMAGE, "--namespace", namespace, "--set", "kubernetes.env.A=1")
    assert f"kubectl -n {namespace} port-forward service/demo-server 5000" in made.stderr
    shown = document("show", "demo")
    assert (shown["state"], shown["namespace"], shown["data_dir"]) == ("active", namespace, "")
    assert shown["kubernetes"]["env"] == {"A": "1"}
    assert namespace in done("show", "demo").stdout
    assert done("status", "demo").stdout.split()[5] == "active"
    assert done("logs", "demo", "-n", "3").stdout.splitlines() == LOG_LINES.splitlines()[-3:]
    assert "port-forward" in done("open", "demo", code=1).stderr
    assert done("doctor", "--cluster").stdout.splitlines()[-1].startswith("ok    cluster")

    done("update", "demo", "--host", "demo.example.com", "--set", "kubernetes.env=")
    shown = document("show", "demo")
    assert (shown["url"], shown["kubernetes"]["env"]) == ("http://demo.example.com", {})
    assert "MLFLOW_TRACKING_URI=http://demo.example.com" in done("env", "demo").stdout

    done("stop", "demo")
    assert document("list")["instances"][0]["state"] == "stopped"
    done("start", "demo")
    cluster.call("DELETE", f"/apis/apps/v1/namespaces/{namespace}/deployments/demo-server")
    assert "impaired" in done("status", "demo", code=4).stdout
    done("refresh", "demo", code=4)
    done("up", "demo")
    done("status", "demo")
    gone = done("delete", "demo", "--yes", "demo").stderr
    assert f"demo is in the namespace {namespace}. Its database and artifacts will be lost." in gone
    assert document("list")["instances"] == []
