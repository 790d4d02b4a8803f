"""An AWS of the tests' own, with a VPC, and stacks in it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
import pulumi
import pulumi_kubernetes
import pytest
from moto.server import ThreadedMotoServer
from tests.aws.pods import NoCluster
from tests.aws.provider import MotoAws

from trackstack.components.aws.instance import AwsArgs, AwsInstance
from trackstack.components.local.resources import LocalProvider
from trackstack.components.settings.aws import AwsSettings
from trackstack.components.settings.kubernetes import KubernetesSettings
from trackstack.engine import Backend, Options, Passphrase
from trackstack.providers.kubernetes import Kubernetes
from trackstack.providers.local import Local

REGION = "eu-central-1"
ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/AB12"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
SECRETS = Passphrase("correct horse")


@dataclass
class Cloud:
    """The AWS server, asked with boto3, and a stack `demo` there."""

    endpoint: str
    folder: Path
    settings: dict[str, Any]
    pods: dict[str, Any] = field(default_factory=dict)
    rotation: str = ""
    cluster: NoCluster = field(default_factory=NoCluster)
    secrets: Passphrase = SECRETS
    kubeconfig: str = ""
    """Of a real cluster; empty: `cluster` plays one."""

    def __post_init__(self) -> None:
        self.stack = Backend.open(self.folder / "state").stack("trackstack", "demo")
        self.stack.init(self.secrets)

    def client(self, service: str) -> Any:
        return client(self.endpoint, service)

    def declare(self) -> None:
        args = AwsArgs(
            settings=KubernetesSettings(**self.pods),
            aws=AwsSettings(**self.settings),
            region=REGION,
            labels={"team": "vision"},
            rotation=self.rotation,
        )
        providers: list[pulumi.ProviderResource] = [LocalProvider("local")]
        if self.kubeconfig:
            providers.append(pulumi_kubernetes.Provider("cluster", kubeconfig=self.kubeconfig))
        opts = pulumi.ResourceOptions(providers=providers)
        for name, output in AwsInstance("demo", args, opts).outputs.items():
            pulumi.export(name, output)

    @property
    def options(self) -> Options:
        pods = Kubernetes if self.kubeconfig else self.cluster
        providers = {"trackstack": Local(), "kubernetes": pods, "aws": MotoAws(self.endpoint)}
        return Options(secrets=self.secrets, providers=providers, root=self.folder)

    def up(self) -> dict[str, int]:
        return self.stack.up(self.declare, self.options).changes

    def outputs(self) -> dict[str, Any]:
        return self.stack.outputs(self.secrets, show_secrets=True)

    @property
    def state(self) -> str:
        return "".join(path.read_text() for path in (self.folder / "state").rglob("demo*.json"))


def client(endpoint: str, service: str) -> Any:
    """A client as of a user of that AWS."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


@contextmanager
def aws_server() -> Iterator[str]:
    """The endpoint of an AWS in which nothing is."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    httpx.post(f"http://{host}:{port}/moto-api/reset", timeout=60)
    yield f"http://{host}:{port}"
    server.stop()


def new_cloud(endpoint: str, folder: Path) -> Cloud:
    """An AWS with a VPC of two subnets, a group of nodes and a zone."""
    ec2, route53 = client(endpoint, "ec2"), client(endpoint, "route53")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for number, zone in enumerate("ab")
    ]
    nodes = ec2.create_security_group(GroupName="nodes", Description="nodes", VpcId=vpc)["GroupId"]
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    settings = {
        "cluster": "eks",
        "vpc": vpc,
        "subnets": [each["Subnet"]["SubnetId"] for each in subnets],
        "security_groups": [nodes],
        "oidc_provider": PROVIDER,
        "owner": "platform",
        "kms_key": "create",
        "domain": {"zone": zone.rpartition("/")[2]},
    }
    pods = {"exposure": {"kind": "ingress", "host": "mlflow.example.com", "class_name": "alb"}}
    return Cloud(endpoint, folder, json.loads(json.dumps(settings)), pods)


@pytest.fixture
def endpoint() -> Iterator[str]:
    with aws_server() as endpoint:
        yield endpoint


@pytest.fixture
def cloud(endpoint: str, tmp_path: Path) -> Cloud:
    return new_cloud(endpoint, tmp_path)
