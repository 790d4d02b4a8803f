"""A whole instance on an AWS server: made by our engine, and read back with boto3."""

import json

import pytest
from tests.aws.conftest import Cloud
from tests.aws.pods import BALANCER

pytestmark = pytest.mark.slow


def test_an_instance_is_made_as_it_should_be(cloud: Cloud) -> None:
    cloud.up()

    outputs = cloud.outputs()
    bucket = outputs["bucket"].removeprefix("s3://").partition("/")[0]
    s3 = cloud.client("s3")
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(blocked.values()) and len(blocked) == 4
    owner = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    assert owner == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (refused,) = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert refused["Effect"] == "Deny"
    assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert [rule["ID"] for rule in rules] == ["unfinished-uploads", "old-versions"]
    assert rules[0]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}

    (server,) = cloud.client("rds").describe_db_instances()["DBInstances"]
    assert server["StorageEncrypted"] and server["DeletionProtection"] and not server["PubliclyAccessible"]
    assert server["MasterUserSecret"]["SecretArn"]
    assert server["Endpoint"]["Address"] == outputs["database"]
    group = cloud.client("ec2").describe_security_groups(
        GroupIds=[server["VpcSecurityGroups"][0]["VpcSecurityGroupId"]]
    )["SecurityGroups"][0]
    assert group["IpPermissionsEgress"] == []
    (entry,) = group["IpPermissions"]
    assert (entry["FromPort"], entry["ToPort"], entry["IpRanges"]) == (5432, 5432, [])
    assert [pair["GroupId"] for pair in entry["UserIdGroupPairs"]] == cloud.settings["security_groups"]

    secret = cloud.client("secretsmanager").get_secret_value(SecretId=outputs["secret_arn"])
    values = json.loads(secret["SecretString"])
    assert values["token"] == outputs["token"]
    assert outputs["database"] in values["database-url"] and values["database-url"].endswith(
        "sslmode=require"
    )
    records = cloud.client("route53").list_resource_record_sets(HostedZoneId=cloud.settings["domain"]["zone"])
    named = {each["Name"]: each for each in records["ResourceRecordSets"]}
    assert named["mlflow.example.com."]["ResourceRecords"] == [{"Value": BALANCER}]
    assert outputs["url"] == "https://mlflow.example.com"


def test_everything_that_can_be_tagged_says_whose_it_is(cloud: Cloud) -> None:
    cloud.up()

    outputs = cloud.outputs()
    wanted = {"trackstack:instance": "demo", "trackstack:owner": "platform", "team": "vision"}.items()
    bucket = outputs["bucket"].removeprefix("s3://").partition("/")[0]
    iam, rds = cloud.client("iam"), cloud.client("rds")
    role = outputs["role_arn"].rpartition("/")[2]
    (server,) = rds.describe_db_instances()["DBInstances"]
    found = [
        cloud.client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"],
        rds.list_tags_for_resource(ResourceName=server["DBInstanceArn"])["TagList"],
        cloud.client("secretsmanager").describe_secret(SecretId=outputs["secret_arn"])["Tags"],
        iam.list_role_tags(RoleName=role)["Tags"],
    ]
    for tags in found:
        assert wanted <= {tag["Key"]: tag["Value"] for tag in tags}.items()


def test_no_secret_is_in_the_state_in_clear(cloud: Cloud) -> None:
    cloud.up()

    outputs, state = cloud.outputs(), cloud.state
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=outputs["secret_arn"])
    url = json.loads(secret["SecretString"])["database-url"]
    password = url.partition(":")[2].partition(":")[2].partition("@")[0]
    assert len(password) > 40
    assert state.count("demo-rds-server") > 0
    for hidden in (password, outputs["token"]):
        assert hidden not in state


def test_an_unchanged_instance_is_left_alone(cloud: Cloud) -> None:
    cloud.up()

    changes = cloud.up()

    assert set(changes) == {"same"}
    assert not cloud.stack.preview(cloud.declare, cloud.options).changed


def test_another_rotation_is_another_token_in_the_same_secret(cloud: Cloud) -> None:
    cloud.up()
    before = cloud.outputs()
    cloud.rotation = "1"

    cloud.up()

    after = cloud.outputs()
    assert after["secret_arn"] == before["secret_arn"] and after["token"] != before["token"]
    now = cloud.client("secretsmanager").get_secret_value(SecretId=after["secret_arn"])
    assert json.loads(now["SecretString"])["token"] == after["token"]


def test_what_was_opened_by_hand_is_closed_again(cloud: Cloud) -> None:
    cloud.up()
    s3 = cloud.client("s3")
    bucket = cloud.outputs()["bucket"].removeprefix("s3://").partition("/")[0]
    s3.delete_public_access_block(Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)

    cloud.stack.refresh(cloud.options)
    cloud.up()

    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]["BlockPublicAcls"]
    assert "SecureTransport" in s3.get_bucket_policy(Bucket=bucket)["Policy"]


def test_a_deleted_instance_leaves_its_final_snapshot_only(cloud: Cloud) -> None:
    cloud.settings["database"] = {"deletion_protection": False}
    cloud.up()

    cloud.stack.destroy(cloud.options)

    rds = cloud.client("rds")
    assert rds.describe_db_instances()["DBInstances"] == []
    (snapshot,) = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert "-final-" in snapshot["DBSnapshotIdentifier"]
    assert cloud.client("s3").list_buckets()["Buckets"] == []
    assert [each for each in cloud.client("iam").list_roles()["Roles"] if "eks" not in each["Path"]] == []
    secrets = cloud.client("secretsmanager").list_secrets()["SecretList"]
    assert [each["Name"] for each in secrets if each["Name"].startswith("trackstack/")] == []


@pytest.mark.parametrize("protected", [True, False])
def test_a_larger_size_changes_the_database_in_place(cloud: Cloud, protected: bool) -> None:
    cloud.settings["database"] = {"deletion_protection": protected}
    cloud.up()
    before = cloud.outputs()
    cloud.settings["database"] = {"deletion_protection": protected, "instance_class": "db.t4g.medium"}

    changes = cloud.up()

    assert changes.get("update") == 1 and "replace" not in changes
    (server,) = cloud.client("rds").describe_db_instances()["DBInstances"]
    assert server["DBInstanceClass"] == "db.t4g.medium"
    assert cloud.outputs()["database"] == before["database"]
