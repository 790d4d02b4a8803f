"""Instances on AWS from the command line: every setting, a plan without AWS, and what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.aws.conftest import Cloud, aws_server, client, new_cloud
from tests.aws.recording import read
from tests.components.test_aws import MINIMAL

from trackstack.cli.main import cli
from trackstack.engine import Passphrase
from trackstack.engine.stack import Stack
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec

PHRASE = "correct horse"
IMAGE = "registry.example.com/trackstack-server:1.0"
LEAST = [
    f"aws.{key}={json.dumps(value) if isinstance(value, list) else value}" for key, value in MINIMAL.items()
]


def run(runner: CliRunner, *arguments: str) -> Result:
    return runner.invoke(cli, arguments, prog_name="trackstack")


def create(*settings: str) -> tuple[str, ...]:
    named = (word for setting in settings for word in ("--set", setting))
    return ("create", "demo", "--target", "aws", "--image", IMAGE, *named)


def refused(result: Result) -> str:
    """The one line that says why."""
    assert result.exit_code != 0 and result.stdout == ""
    assert "Traceback" not in result.stderr
    line = result.stderr.splitlines()[-1]
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


@pytest.fixture(autouse=True)
def nowhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Pulumi, no plugin, no cluster, nothing of AWS."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(home / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("PATH", str(home / "bin"))
    monkeypatch.setenv("PULUMI_HOME", str(home / "pulumi"))
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PHRASE)
    monkeypatch.setenv("TRACKSTACK_PROJECT", str(home / "project"))


@pytest.fixture
def plugin(home: Path) -> None:
    """Something that is found as AWS' plugin; nothing here gets as far as to run it."""
    (home / "bin").mkdir()
    file = home / "bin" / "pulumi-resource-aws"
    file.write_text("#!/bin/sh\nexit 1\n")
    file.chmod(0o755)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            ["aws.cluster=eks"],
            "the target aws needs aws.vpc, aws.oidc_provider, aws.security_groups, aws.subnets",
        ),
        ([*LEAST, "aws.colour=red"], "aws.colour is no setting of an instance"),
        ([*LEAST, "aws.database.kind=oracle"], "aws.database.kind: 'oracle' cannot be used; "),
        ([*LEAST, "aws.database.storage_gb=5"], "aws.database.storage_gb: '5' cannot be used; "),
        ([*LEAST, "aws.bucket.mode=straight"], "aws.bucket.mode: 'straight' cannot be used; "),
        ([*LEAST, "aws.kms_key=mine"], "aws.kms_key: 'mine' cannot be used; "),
        ([*LEAST, "aws.domain.zone=Z1"], "aws.domain needs kubernetes.exposure with kind ingress and a host"),
        ([*LEAST, "kubernetes.bucket.mode=direct"], "kubernetes.bucket: `mode: direct` is for kind s3"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_a_setting_that_cannot_be_is_named(runner: CliRunner, settings: list[str], line: str) -> None:
    result = run(runner, *create(*settings))

    assert refused(result).startswith(line)
    assert result.exit_code == 2
    assert not [*Path().rglob("Pulumi.yaml")]


def test_without_a_plugin_a_create_says_what_to_install_and_leaves_nothing(runner: CliRunner) -> None:
    result = run(runner, *create(*LEAST))

    assert refused(result).startswith("the target aws needs Pulumi's plugin aws 7.")
    assert result.exit_code == 1, result.stderr
    assert not [*Path().rglob("Pulumi.yaml")]


def test_the_whole_plan_is_shown_without_plugin_credentials_and_cluster(
    runner: CliRunner, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared(home, {"database": {"kind": "aurora"}}, {})

    assert refused(run(runner, "preview", "demo")).startswith("aws:region is missing: set it in")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    result = run(runner, "preview", "demo", "--json")

    assert result.exit_code == 0, result.stderr
    plan = json.loads(result.stdout)
    types = {step["type"] for step in plan["steps"]}
    assert {
        "aws:rds/cluster:Cluster",
        "aws:iam/role:Role",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:secretsmanager/secretVersion:SecretVersion",
        "kubernetes:batch/v1:CronJob",
        "kubernetes:apps/v1:Deployment",
    } <= types
    assert plan["changes"].keys() == {"create"}


@pytest.mark.usefixtures("plugin")
def test_region_and_credentials_are_asked_for_first(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(run(runner, *create(*LEAST))) == (
        "aws:region is missing: set it in the stack's file, or AWS_REGION"
    )

    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert refused(run(runner, *create(*LEAST))).startswith(
        "AWS cannot be asked: Unable to locate credentials"
    )
    assert not [*Path().rglob("Pulumi.yaml")]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with aws_server() as endpoint:
        yield new_cloud(endpoint, tmp_path / "cloud")


@pytest.mark.slow
@pytest.mark.usefixtures("plugin")
def test_a_zone_that_is_not_ours_is_refused(runner: CliRunner, home: Path, cloud: Cloud) -> None:
    exposed = {"exposure": {"kind": "ingress", "host": "mlflow.example.com"}}
    declared(home, {"domain": {"zone": "Z0THEIRS"}}, exposed, account(cloud))

    result = run(runner, "up", "demo")

    assert refused(result).startswith("AWS refuses route53:get_hosted_zone Z0THEIRS: NoSuchHostedZone")
    assert result.exit_code == 1, result.stderr


@pytest.mark.parametrize("words", [("refresh",), ("diff",), ("delete", "--yes", "demo")])
def test_without_a_plugin_nobody_says_that_all_is_as_it_was(
    words: tuple[str, ...], runner: CliRunner, home: Path
) -> None:
    stack = restored(home, {})

    result = run(runner, *words, "demo")

    assert result.exit_code == 1, result.stderr
    assert "the target aws needs Pulumi's plugin aws 7." in result.stderr
    assert len(stack.snapshot().resources) > 10


@pytest.mark.slow
@pytest.mark.usefixtures("plugin")
def test_what_would_lose_data_is_not_deleted(runner: CliRunner, home: Path, cloud: Cloud) -> None:
    stack = restored(home, account(cloud))

    protected = run(runner, "delete", "demo", "--yes", "demo")

    assert "demo's database is protected from deletion" in refused(protected)
    export = stack.export()
    kept = {each["urn"].rpartition("::")[2]: each for each in export["deployment"]["resources"]}
    kept["demo-rds-server"]["outputs"]["deletionProtection"] = False
    stack.import_(export)
    s3, bucket = client(cloud.endpoint, "s3"), kept["demo-s3-artifacts"]["id"]
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket=bucket, Key="demo/1/model", Body=b"weights")

    full = run(runner, "delete", "demo", "--yes", "demo")

    assert f"demo's bucket {bucket} is not empty: empty it, or set aws.bucket.force_destroy: true" in refused(
        full
    )
    assert s3.get_object(Bucket=bucket, Key="demo/1/model")["Body"].read() == b"weights"
    assert len(stack.snapshot().resources) > 10


def declared(home: Path, aws: dict[str, Any], pods: dict[str, Any], config: Any = None) -> Project:
    """A project with the file of an instance on AWS, as a team has it in git."""
    project = Project(home / "project")
    project.make()
    spec = InstanceSpec(
        name="demo", target="aws", aws={**MINIMAL, **aws}, kubernetes={"image": IMAGE, **pods}
    )
    settings = project.settings("demo")
    settings.config.update({**spec.to_config(), **(config or {})})
    settings.save()
    return project


def restored(home: Path, config: dict[str, Any]) -> Stack:
    """The stack of an instance that was brought up."""
    document = read("small_state")
    stack = declared(home, document["settings"], document["pods"], config).stack("demo")
    stack.init(Passphrase(PHRASE, document["export"]["deployment"]["secrets_providers"]["state"]))
    stack.import_(document["export"])
    return stack


def account(cloud: Cloud) -> dict[str, Any]:
    """The configuration of Pulumi's provider for the AWS of the tests."""
    keys = {"aws:region": "eu-central-1", "aws:accessKey": "testing", "aws:secretKey": "testing"}
    return {**keys, "aws:endpoints": [{name: cloud.endpoint for name in ("s3", "sts", "route53")}]}
