"""What is refused before anything is touched, by asking the account first."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.aws.conftest import Cloud
from tests.components.test_aws import MINIMAL

from trackstack.providers.planning import Planner
from trackstack.stacks import operations
from trackstack.stacks.aws_account import Account, region
from trackstack.stacks.errors import StackError
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec

KEYS = {"aws:accessKey": "testing", "aws:secretKey": "testing", "aws:region": "eu-central-1"}
EXPOSURE = {"exposure": {"kind": "ingress", "host": "mlflow.example.com"}}


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of AWS is configured on this machine."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def account(cloud: Cloud, nowhere: None) -> Account:
    endpoints = {name: cloud.endpoint for name in ("s3", "sts", "route53")}
    return Account({**KEYS, "aws:endpoints": json.dumps([endpoints])})


def spec_of(**aws: object) -> InstanceSpec:
    return InstanceSpec(name="demo", target="aws", aws={**MINIMAL, **aws}, kubernetes=EXPOSURE)


def refusal(do: Callable[[], object]) -> str:
    with pytest.raises(StackError) as refused:
        do()
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.usefixtures("nowhere")
def test_a_missing_region_is_said() -> None:
    assert refusal(lambda: region({})) == ("aws:region is missing: set it in the stack's file, or AWS_REGION")


@pytest.mark.usefixtures("nowhere")
def test_missing_credentials_are_said() -> None:
    account = Account({"aws:region": "eu-central-1"})

    assert refusal(lambda: account.require(spec_of())).startswith(
        "AWS cannot be asked: Unable to locate credentials"
    )


@pytest.mark.usefixtures("nowhere")
def test_a_profile_that_is_not_there_is_named() -> None:
    said = refusal(lambda: Account({"aws:region": "eu-central-1", "aws:profile": "prod"}))

    assert said == "aws:profile: The config profile (prod) could not be found"


def test_a_zone_of_ours_that_holds_the_host_is_taken(cloud: Cloud, account: Account) -> None:
    account.require(spec_of(domain=cloud.settings["domain"]))


def test_a_zone_that_is_not_ours_is_refused(account: Account) -> None:
    said = refusal(lambda: account.require(spec_of(domain={"zone": "Z0THEIRS"})))

    assert said.startswith("AWS refuses route53:get_hosted_zone Z0THEIRS: NoSuchHostedZone")


def test_a_zone_without_the_host_is_refused(cloud: Cloud, account: Account) -> None:
    made = cloud.client("route53").create_hosted_zone(Name="example.org", CallerReference="2")
    zone = made["HostedZone"]["Id"].rpartition("/")[2]

    said = refusal(lambda: account.require(spec_of(domain={"zone": zone})))

    assert said.startswith(f"aws.domain.zone: {zone} is example.org, which has no mlflow.example.com")


@pytest.mark.slow
def test_a_protected_database_and_a_bucket_with_objects_are_not_deleted(
    cloud: Cloud, account: Account
) -> None:
    cloud.up()
    assert "protected from deletion: set aws.database.deletion_protection: false" in refusal(
        lambda: account.require_deletable("demo", cloud.stack.snapshot().resources)
    )
    cloud.settings["database"] = {"deletion_protection": False}
    cloud.up()
    account.require_deletable("demo", cloud.stack.snapshot().resources)

    bucket = cloud.outputs()["bucket"].removeprefix("s3://").partition("/")[0]
    cloud.client("s3").delete_bucket_policy(Bucket=bucket)  # which refuses plain HTTP, and this is that
    cloud.client("s3").put_object(Bucket=bucket, Key="demo/1/model", Body=b"weights")

    assert f"bucket {bucket} is not empty" in refusal(
        lambda: account.require_deletable("demo", cloud.stack.snapshot().resources)
    )
    cloud.settings["bucket"] = {"force_destroy": True}
    cloud.up()
    account.require_deletable("demo", cloud.stack.snapshot().resources)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nowhere: None) -> Project:
    """A project with an instance on AWS, on a machine without Pulumi's CLI and plugins."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi"))
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "correct horse")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    project = Project(tmp_path / "project")
    operations.declare(project, spec_of())
    return project


def test_without_a_plugin_there_is_a_whole_plan_and_nothing_is_made(cloud: Cloud) -> None:
    providers = {**cloud.options.providers, "aws": Planner("aws", "install it")}
    options = replace(cloud.options, providers=providers)

    plan = cloud.stack.preview(cloud.declare, options)

    assert {
        "aws:rds/instance:Instance",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:iam/rolePolicy:RolePolicy",
        "kubernetes:apps/v1:Deployment",
    } <= {step.type for step in plan.steps}
    assert set(plan.changes) == {"create"}
    with pytest.raises(StackError, match="install it"):
        cloud.stack.up(cloud.declare, options)
    assert cloud.client("s3").list_buckets()["Buckets"] == []


def test_without_a_plugin_up_says_what_to_install_and_leaves_nothing(project: Project) -> None:
    said = refusal(lambda: operations.up(project, "demo"))

    assert said.startswith("the target aws needs Pulumi's plugin aws 7.")
    assert "install the Pulumi CLI" in said
    assert not project.stack("demo").exists()
