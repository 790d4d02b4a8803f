"""What an instance on AWS may be made of instead: each choice made, left alone, changed and deleted."""

import json
from typing import Any

import pytest
from tests.aws.conftest import Cloud

pytestmark = pytest.mark.slow


def test_an_aurora_cluster_grows_in_place_and_leaves_a_snapshot(cloud: Cloud) -> None:
    aurora: dict[str, Any] = {"kind": "aurora", "multi_az": True, "deletion_protection": False}
    cloud.settings["database"] = aurora
    cloud.up()
    rds = cloud.client("rds")
    (made,) = rds.describe_db_clusters()["DBClusters"]
    assert made["Engine"] == "aurora-postgresql" and made["StorageEncrypted"]
    assert made["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 0.5, "MaxCapacity": 2}
    assert made["Endpoint"] == cloud.outputs()["database"]
    assert made["MasterUserSecret"]["SecretArn"]
    members = rds.describe_db_instances()["DBInstances"]
    assert [each["DBInstanceClass"] for each in members] == ["db.serverless"] * 2
    assert not any(each["PubliclyAccessible"] for each in members)
    forced = rds.describe_db_cluster_parameters(DBClusterParameterGroupName=made["DBClusterParameterGroup"])
    values = {each["ParameterName"]: each["ParameterValue"] for each in forced["Parameters"]}
    assert values["rds.force_ssl"] == "1"
    assert set(cloud.up()) == {"same"}

    cloud.settings["database"] = {**aurora, "max_capacity": 16}
    changes = cloud.up()

    assert changes.get("update") == 1 and "replace" not in changes
    (grown,) = rds.describe_db_clusters()["DBClusters"]
    assert grown["ServerlessV2ScalingConfiguration"]["MaxCapacity"] == 16
    cloud.stack.refresh(cloud.options)
    assert set(cloud.up()) == {"same"}
    cloud.stack.destroy(cloud.options)
    assert (rds.describe_db_clusters()["DBClusters"], rds.describe_db_instances()["DBInstances"]) == ([], [])
    snapshots = rds.describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]
    assert ["-final-" in each["DBClusterSnapshotIdentifier"] for each in snapshots] == [True]


def test_capacity_that_was_changed_by_hand_is_changed_back(cloud: Cloud) -> None:
    cloud.settings["database"] = {"kind": "aurora", "deletion_protection": False}
    cloud.up()
    rds = cloud.client("rds")
    name = rds.describe_db_clusters()["DBClusters"][0]["DBClusterIdentifier"]
    other = {"MinCapacity": 4, "MaxCapacity": 64}
    rds.modify_db_cluster(DBClusterIdentifier=name, ServerlessV2ScalingConfiguration=other)

    cloud.stack.refresh(cloud.options)
    cloud.up()

    (made,) = rds.describe_db_clusters()["DBClusters"]
    assert made["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 0.5, "MaxCapacity": 2}


def test_in_a_shared_server_nothing_is_made_but_by_the_job(cloud: Cloud) -> None:
    admin = cloud.client("secretsmanager").create_secret(Name="admin", SecretString="{}")["ARN"]
    shared = {"kind": "shared", "host": "db.example.com", "port": 6432, "admin_secret": admin}
    cloud.settings["database"] = shared
    before = len(cloud.client("ec2").describe_security_groups()["SecurityGroups"])

    cloud.up()

    assert cloud.client("rds").describe_db_instances()["DBInstances"] == []
    assert len(cloud.client("ec2").describe_security_groups()["SecurityGroups"]) == before
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=cloud.outputs()["secret_arn"])
    assert "@db.example.com:6432/" in json.loads(secret["SecretString"])["database-url"]
    roles = {
        each["RoleName"]: policy_of(cloud, each["RoleName"])
        for each in cloud.client("iam").list_roles()["Roles"]
        if each["RoleName"].startswith("demo-")
    }
    assert [name for name, policy in roles.items() if admin in policy] == [
        name for name in roles if name.endswith("-database")
    ]
    assert set(cloud.up()) == {"same"}
    cloud.stack.destroy(cloud.options)
    assert cloud.client("secretsmanager").describe_secret(SecretId=admin).get("DeletedDate") is None


def test_with_pod_identity_the_roles_are_for_the_agent_and_the_accounts_say_nothing(cloud: Cloud) -> None:
    cloud.settings |= {"identity": "pod-identity", "oidc_provider": ""}
    cloud.settings["database"] = {"deletion_protection": False}

    cloud.up()

    role = cloud.outputs()["role_arn"].rpartition("/")[2]
    trust = cloud.client("iam").get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    associated = {
        each.inputs["serviceAccount"]: each.inputs["roleArn"]
        for each in cloud.stack.snapshot().resources
        if each.type == "aws:eks/podIdentityAssociation:PodIdentityAssociation"
    }
    assert associated["demo-server"] == cloud.outputs()["role_arn"]
    accounts = [each for (kind, _), each in cloud.cluster.objects.items() if kind == "ServiceAccount"]
    assert {each["metadata"]["name"] for each in accounts} == associated.keys()
    assert not any(each["metadata"].get("annotations") for each in accounts)
    assert set(cloud.up()) == {"same"}
    cloud.stack.destroy(cloud.options)
    assert [each for each in cloud.client("iam").list_roles()["Roles"] if "eks" not in each["Path"]] == []


@pytest.mark.parametrize(
    ("secrets", "kind"),
    [("external-secrets", "ExternalSecret"), ("secrets-store-csi", "SecretProviderClass")],
)
def test_others_bring_the_secrets_that_aws_has_to_the_pods(secrets: str, kind: str, cloud: Cloud) -> None:
    cloud.settings["secrets"] = secrets
    cloud.settings["database"] = {"deletion_protection": False}

    cloud.up()

    assert ("Secret", "demo-aws") not in cloud.cluster.objects
    spec = cloud.cluster.objects[kind, "demo-aws"]["spec"]
    if kind == "ExternalSecret":
        wanted = {each["remoteRef"]["key"] for each in spec["data"]}
    else:
        wanted = {each["objectName"] for each in json.loads(spec["parameters"]["objects"])}
    (name,) = wanted
    found = json.loads(cloud.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    assert {"admin-token", "database-url"} <= found.keys()
    cloud.rotation = "1"
    cloud.up()
    now = json.loads(cloud.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    assert now["admin-token"] != found["admin-token"] and now["database-url"] == found["database-url"]
    cloud.stack.destroy(cloud.options)
    assert cloud.cluster.objects == {}


def policy_of(cloud: Cloud, role: str) -> str:
    """All that a role may do, as text."""
    iam = cloud.client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return json.dumps([iam.get_role_policy(RoleName=role, PolicyName=name) for name in names], default=str)
