"""What an instance on AWS registers: right for the real provider, and no wider than it says."""

import importlib
import inspect
import json
import typing
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest
from pulumi import _types
from tests.components import registrations
from tests.components.registrations import Out, register

from trackstack.components.aws.instance import AwsArgs, AwsInstance
from trackstack.components.settings.aws import AwsSettings
from trackstack.components.settings.kubernetes import KubernetesSettings
from trackstack.providers.values import reveal

ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/AB12"
MINIMAL: dict[str, Any] = {
    "cluster": "eks",
    "vpc": "vpc-0123456789abcdef0",
    "subnets": ["subnet-01234567", "subnet-01234568"],
    "security_groups": ["sg-01234567"],
    "oidc_provider": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}",
}
EXPOSED = {"exposure": {"kind": "ingress", "host": "m.example.com"}}
SHARED = {
    "kind": "shared",
    "host": "db.example.com",
    "admin_secret": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:admin",
}
RDS = {
    "address": "db.internal",
    "endpoint": "db.internal",
    "dbSubnetGroupName": "subnets",
    "masterUserSecrets": [{"secretArn": "arn:admin"}],
}
PROOF = {"resourceRecordName": "_x", "resourceRecordType": "CNAME", "resourceRecordValue": "_y"}
COMPUTED: dict[str, dict[str, Any]] = {
    "aws:rds/instance:Instance": RDS,
    "aws:rds/cluster:Cluster": RDS,
    "aws:kms/key:Key": {"arn": "arn:key", "keyId": "k"},
    "aws:secretsmanager/secret:Secret": {"arn": "arn:secret"},
    "aws:iam/role:Role": {"arn": "arn:role"},
    "aws:acm/certificate:Certificate": {"arn": "arn:cert", "domainValidationOptions": [PROOF]},
    "aws:route53/record:Record": {"fqdn": "f"},
    "kubernetes:networking.k8s.io/v1:Ingress": {
        "status": {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}
    },
}


@pytest.fixture(autouse=True)
def _answers(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, outputs in COMPUTED.items():
        monkeypatch.setitem(registrations.COMPUTED, kind, outputs)


def make(
    settings: Mapping[str, Any] | None = None, pods: Mapping[str, Any] | None = None, **changes: Any
) -> tuple[dict[str, Any], dict[str, Out]]:
    """What an instance named demo registers, and its outputs."""
    args = AwsArgs(
        aws=AwsSettings(**{**MINIMAL, **(settings or {})}),
        settings=KubernetesSettings(**(pods or {})),
        region="eu-central-1",
        **changes,
    )
    return register(lambda: AwsInstance("demo", args).outputs)


def inputs(registered: Mapping[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = reveal(registered[name]["inputs"])
    return found


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "minimal": ({}, {}),
    "everything": ({"kms_key": "create", "domain": {"zone": "Z1"}, "tags": {"a": "b"}}, EXPOSED),
    "aurora": ({"database": {"kind": "aurora", "multi_az": True}, "kms_key": "create"}, {"size": "large"}),
    "shared": ({"database": SHARED}, {}),
    "pod-identity": ({"identity": "pod-identity"}, {}),
    "external-secrets": ({"secrets": "external-secrets"}, {}),
    "secrets-store-csi": ({"secrets": "secrets-store-csi", "kms_key": "create"}, {}),
    "verified": ({"database": {"ca_secret": {"name": "rds", "key": "ca.pem"}}}, {"namespace": "ml"}),
    "existing bucket": ({"bucket": {"existing": True, "name": "theirs"}}, {}),
}


@pytest.mark.parametrize(("settings", "pods"), CASES.values(), ids=CASES)
def test_every_input_is_one_that_pulumi_aws_knows(settings: dict[str, Any], pods: dict[str, Any]) -> None:
    registered, _ = make(settings, pods)

    checked = 0
    for name, part in registered.items():
        if part["type"].startswith("aws:"):
            args = arguments_of(part["type"])
            assert list(wrong(args, reveal(part["inputs"]), name)) == []
            checked += 1
    assert checked >= 6


def arguments_of(kind: str) -> Any:
    """The class of all arguments of a type such as aws:s3/bucket:Bucket; others may be called so, too."""
    package, _, name = kind.removeprefix("aws:").partition("/")
    resource = getattr(importlib.import_module(f"pulumi_aws.{package}"), name.partition(":")[2])
    module, name = importlib.import_module(resource.__module__), resource.__name__
    return getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")


def wrong(args: Any, given: Mapping[str, Any], where: str) -> Iterator[str]:
    """Keys that the argument class does not have, and those it requires that are missing."""
    known = {theirs: ours for ours, theirs in _types.input_type_py_to_pulumi_names(args).items()}
    types = _types.input_type_types(args)
    for key in given.keys() - known.keys():
        yield f"{where}.{key} is unknown"
    for parameter in inspect.signature(args.__init__).parameters.values():
        theirs = next((key for key, ours in known.items() if ours == parameter.name), "")
        if parameter.default is inspect.Parameter.empty and theirs and theirs not in given:
            yield f"{where}.{theirs} is missing"
    for key, value in given.items():
        nested = next(_classes(types.get(key)), None)
        for each in value if isinstance(value, list) else [value]:
            if nested is not None and isinstance(each, dict):
                yield from wrong(nested, each, f"{where}.{key}")


def _classes(declared: Any) -> Iterator[Any]:
    if inspect.isclass(declared) and hasattr(declared, "_pulumi_input_type"):
        yield declared
    for part in typing.get_args(declared):
        yield from _classes(part)


def test_the_check_finds_what_is_misspelt() -> None:
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithmus": "AES256"}}
    kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    args = arguments_of(kind)
    found = list(wrong(args, {"bucket": "b", "rules": [rule], "colour": "red"}, "x"))
    assert found == [
        "x.colour is unknown",
        "x.rules.applyServerSideEncryptionByDefault.sseAlgorithmus is unknown",
        "x.rules.applyServerSideEncryptionByDefault.sseAlgorithm is missing",
    ]


DATABASE = "demo-rds-server"
FORCED = {"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"}
SET: list[tuple[dict[str, Any], str, str, Any]] = [
    ({}, DATABASE, "instanceClass", "db.t4g.micro"),
    ({}, DATABASE, "allocatedStorage", 20),
    ({}, DATABASE, "maxAllocatedStorage", 100),
    ({}, DATABASE, "storageEncrypted", True),
    ({}, DATABASE, "manageMasterUserPassword", True),
    ({}, DATABASE, "deletionProtection", True),
    ({}, DATABASE, "skipFinalSnapshot", False),
    ({}, DATABASE, "performanceInsightsEnabled", True),
    ({}, DATABASE, "multiAz", False),
    ({}, DATABASE, "backupRetentionPeriod", 7),
    ({}, "demo-rds-parameters", "parameters", [FORCED]),
    ({"database": {"instance_class": "db.m7g.xlarge"}}, DATABASE, "instanceClass", "db.m7g.xlarge"),
    ({"database": {"storage_gb": 40}}, DATABASE, "maxAllocatedStorage", 200),
    ({"database": {"multi_az": True}}, DATABASE, "multiAz", True),
    ({"database": {"backup_days": 30}}, DATABASE, "backupRetentionPeriod", 30),
    ({"database": {"deletion_protection": False}}, DATABASE, "deletionProtection", False),
    ({"database": {"final_snapshot": False}}, DATABASE, "skipFinalSnapshot", True),
    ({"database": {"engine_version": "16.4"}}, "demo-rds-parameters", "family", "postgres16"),
    ({"kms_key": "create"}, DATABASE, "kmsKeyId", "arn:key"),
    ({"bucket": {"name": "artifacts-of-a"}}, "demo-s3-artifacts", "bucket", "artifacts-of-a"),
    ({}, "demo-s3-artifacts", "forceDestroy", False),
    ({"bucket": {"force_destroy": True}}, "demo-s3-artifacts", "forceDestroy", True),
    (
        {"bucket": {"versioning": False}},
        "demo-s3-versioning",
        "versioningConfiguration",
        {"status": "Suspended"},
    ),
    (
        {"permissions_boundary": "arn:aws:iam::123456789012:policy/bound"},
        "demo-identity-role",
        "permissionsBoundary",
        "arn:aws:iam::123456789012:policy/bound",
    ),
]


@pytest.mark.parametrize(("settings", "part", "key", "value"), SET)
def test_a_setting_is_that_input(settings: dict[str, Any], part: str, key: str, value: Any) -> None:
    registered, _ = make(settings)

    assert inputs(registered, part)[key] == value


def test_every_part_is_a_child_whose_name_starts_with_its_parents() -> None:
    registered, _ = make(*CASES["everything"])

    for name, part in registered.items():
        if name not in ("demo", "trackstack-demo"):
            assert name.startswith(f"{part['parent']}-")


EVALUATED = [
    ("s3:GetObject", "{bucket}/demo/1/model.pkl", {}, True),
    ("s3:PutObject", "{bucket}/demo/1/model.pkl", {}, True),
    ("s3:GetObject", "{bucket}/demo-2/1/model.pkl", {}, False),
    ("s3:GetObject", "arn:aws:s3:::other/demo/1/model.pkl", {}, False),
    ("s3:ListBucket", "{bucket}", {"s3:prefix": "demo/1/"}, True),
    ("s3:ListBucket", "{bucket}", {"s3:prefix": ""}, False),
    ("s3:ListBucket", "{bucket}", {"s3:prefix": "demo-2/"}, False),
    ("s3:PutBucketPolicy", "{bucket}", {}, False),
    ("s3:DeleteBucket", "{bucket}", {}, False),
    ("secretsmanager:GetSecretValue", "arn:secret", {}, True),
    ("secretsmanager:GetSecretValue", "arn:admin", {}, False),
    ("secretsmanager:PutSecretValue", "arn:secret", {}, False),
    ("kms:Decrypt", "arn:key", {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}, True),
    ("kms:Decrypt", "arn:key", {"kms:ViaService": "ebs.eu-central-1.amazonaws.com"}, False),
    ("kms:Decrypt", "arn:key", {}, False),
    ("iam:PassRole", "*", {}, False),
]


@pytest.mark.parametrize(("action", "resource", "context", "allowed"), EVALUATED)
def test_pods_may_do_exactly_this(action: str, resource: str, context: dict[str, str], allowed: bool) -> None:
    registered, _ = make({"kms_key": "create"})
    policy = json.loads(inputs(registered, "demo-identity-policy")["policy"])
    bucket = f"arn:aws:s3:::{inputs(registered, 'demo-s3-artifacts')['bucket']}"

    assert permits(policy, action, resource.format(bucket=bucket), context) is allowed


def test_only_the_job_may_read_the_administrators_password() -> None:
    registered, _ = make()

    policy = json.loads(inputs(registered, "demo-setup-identity-policy")["policy"])
    assert permits(policy, "secretsmanager:GetSecretValue", "arn:admin", {})
    assert not permits(policy, "secretsmanager:GetSecretValue", "arn:secret", {})
    assert len(policy["Statement"]) == 1


def permits(policy: Mapping[str, Any], action: str, resource: str, context: Mapping[str, str]) -> bool:
    """IAM's rule for policies that only allow: one statement fits in all its parts."""
    return any(
        any(fnmatchcase(action, each) for each in _listed(statement["Action"]))
        and any(fnmatchcase(resource, each) for each in _listed(statement["Resource"]))
        and all(
            key in context and any(fnmatchcase(context[key], each) for each in _listed(wanted))
            for test in statement.get("Condition", {}).values()
            for key, wanted in test.items()
        )
        for statement in policy["Statement"]
    )


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_only_the_instances_service_account_can_take_its_role() -> None:
    registered, _ = make(pods={"namespace": "ml"})

    trust = json.loads(inputs(registered, "demo-identity-role")["assumeRolePolicy"])
    assert trust["Statement"][0]["Condition"] == {
        "StringEquals": {
            f"{ISSUER}:aud": "sts.amazonaws.com",
            f"{ISSUER}:sub": "system:serviceaccount:ml:demo-server",
        }
    }
    account = inputs(registered, "demo-account-server")["metadata"]
    assert account["annotations"] == {"eks.amazonaws.com/role-arn": "arn:role"}


def test_pod_identity_needs_no_annotation_but_its_agent() -> None:
    registered, _ = make({"identity": "pod-identity", "oidc_provider": ""})

    association = inputs(registered, "demo-identity-association")
    assert association["serviceAccount"] == "demo-server" and association["clusterName"] == "eks"
    egress = inputs(registered, "demo-network-server")["spec"]["egress"]
    assert {"to": [{"ipBlock": {"cidr": "169.254.170.23/32"}}]} in egress


@pytest.mark.parametrize("identity", ["irsa", "pod-identity"])
def test_the_csi_driver_fetches_the_secrets_of_every_pod_that_needs_them(identity: str) -> None:
    registered, _ = make({"secrets": "secrets-store-csi", "identity": identity})

    fetched = inputs(registered, "demo-secrets-pods")
    assert (fetched["apiVersion"], fetched["kind"]) == (
        "secrets-store.csi.x-k8s.io/v1",
        "SecretProviderClass",
    )
    parameters = fetched["spec"]["parameters"]
    assert parameters["usePodIdentity"] == ("true" if identity == "pod-identity" else "false")
    (asked,) = json.loads(parameters["objects"])
    assert (asked["objectName"], asked["objectType"]) == (
        inputs(registered, "demo-secrets-secret")["name"],
        "secretsmanager",
    )
    stored = json.loads(inputs(registered, "demo-secrets-version")["secretString"])
    found = {each["objectAlias"]: stored[json.loads(each["path"])] for each in asked["jmesPath"]}
    (synced,) = fetched["spec"]["secretObjects"]
    assert {each["key"]: found[each["objectName"]] for each in synced["data"]} == {
        key: stored[key] for key in ("admin-token", "database-url")
    }
    for name, pod in pods_of(registered).items():
        volumes = {each["name"]: each.get("csi") for each in pod["volumes"]}
        assert volumes["provided"] == {
            "driver": "secrets-store.csi.k8s.io",
            "readOnly": True,
            "volumeAttributes": {"secretProviderClass": fetched["metadata"]["name"]},
        }, name
        for container in pod["containers"]:
            assert "provided" in {each["name"] for each in container["volumeMounts"]}
            for variable in container["env"]:
                if reference := (variable.get("valueFrom") or {}).get("secretKeyRef"):
                    assert reference["name"] == synced["secretName"]


def test_the_job_may_read_what_is_fetched_for_it_with_its_role() -> None:
    registered, _ = make({"secrets": "secrets-store-csi", "kms_key": "create"})

    policy = json.loads(inputs(registered, "demo-setup-identity-policy")["policy"])
    through = {"kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com"}
    for secret in ("arn:admin", "arn:secret"):
        assert permits(policy, "secretsmanager:GetSecretValue", secret, {})
    assert permits(policy, "kms:Decrypt", "arn:key", through)
    assert not permits(policy, "s3:GetObject", "*", {})


def test_with_authorities_the_database_is_known_by_its_certificate() -> None:
    registered, _ = make({"database": {"ca_secret": {"name": "rds", "key": "ca.pem"}}}, {"namespace": "ml"})

    stored = json.loads(inputs(registered, "demo-secrets-version")["secretString"])
    assert stored["database-url"].endswith(
        "?sslmode=verify-full&sslrootcert=/etc/trackstack/authority/ca.pem"
    )
    for name, pod in pods_of(registered).items():
        (authority,) = [each for each in pod["volumes"] if each["name"] == "authority"]
        assert authority["secret"]["secretName"] == "rds", name
        for container in pod["containers"]:
            mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
            assert mounts["authority"] == "/etc/trackstack/authority"


def pods_of(registered: Mapping[str, Any]) -> dict[str, Any]:
    """The pods of the server, the retention, the migration and the database's role."""
    found = {}
    for name, part in registered.items():
        spec = reveal(part["inputs"]).get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            found[name] = template["spec"]
    assert len(found) == 4
    return found


@pytest.mark.parametrize(("mode", "told"), [("proxied", "proxied"), ("direct", None)])
def test_the_servers_artifact_mode_is_the_buckets(mode: str, told: str | None) -> None:
    registered, _ = make({"bucket": {"mode": mode}})

    environment = pods_of(registered)["demo-deployment-server"]["containers"][0]["env"]
    values = {each["name"]: each.get("value") for each in environment}
    assert values.get("TRACKSTACK_SERVER_ARTIFACT_MODE") == told


def test_a_domain_is_a_certificate_a_record_and_what_the_controller_is_told() -> None:
    registered, outputs = make({"domain": {"zone": "Z1"}}, EXPOSED)

    told = inputs(registered, "demo-ingress-ingress")["metadata"]["annotations"]
    assert told["alb.ingress.kubernetes.io/certificate-arn"] == "arn:cert"
    assert told["alb.ingress.kubernetes.io/scheme"] == "internal"
    record = inputs(registered, "demo-address-record")
    assert (record["type"], record["name"], record["records"]) == (
        "CNAME",
        "m.example.com",
        ["lb.example.com"],
    )
    assert outputs["url"].value == "https://m.example.com"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"cluster": ""}, "the target aws needs aws.cluster"),
        ({"vpc": "", "oidc_provider": ""}, "the target aws needs aws.vpc, aws.oidc_provider"),
        ({"subnets": ["subnet-01234567"]}, "subnet-01234567 alone cannot be used"),
        ({"subnets": [], "security_groups": [], "database": SHARED}, ""),
    ],
)
def test_what_is_missing_is_said(settings: dict[str, Any], said: str) -> None:
    missing = AwsSettings(**{**MINIMAL, **settings}).missing()

    assert said in missing and bool(said) == bool(missing)
