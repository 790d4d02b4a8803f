"""The types that an instance on AWS is made of: what each is made, read, changed and deleted with."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError
from tests.aws.kind import Aws, Kind, Properties, settled, tag_list, tag_map, there
from tests.aws.rds import RDS_KINDS

# S3


def bucket_create(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
    s3 = aws("s3")
    where = {"LocationConstraint": s3.meta.region_name}
    s3.create_bucket(Bucket=inputs["bucket"], CreateBucketConfiguration=where)
    bucket_update(aws, inputs["bucket"], inputs)
    return inputs["bucket"], {"arn": f"arn:aws:s3:::{inputs['bucket']}"}


def bucket_update(aws: Aws, id: str, inputs: Properties) -> dict[str, Any]:
    aws("s3").put_bucket_tagging(Bucket=id, Tagging={"TagSet": tag_list(inputs)})
    return {}


def bucket_read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
    if there(lambda: aws("s3").head_bucket(Bucket=id)) is None:
        return None
    return {"tags": tag_map(aws("s3").get_bucket_tagging(Bucket=id)["TagSet"])}


def bucket_delete(aws: Aws, id: str, outputs: Properties) -> None:
    s3 = aws("s3")
    if outputs.get("forceDestroy"):
        found = s3.list_object_versions(Bucket=id)
        for each in [*found.get("Versions", []), *found.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=id, Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket=id)


def bucket_part(
    noun: str,
    argument: str,
    to_api: Callable[[Properties], Any],
    from_api: Callable[[Any], dict[str, Any]] = lambda answer: {},
) -> Kind:
    """A configuration of a bucket: put, got and deleted as a whole."""

    def put(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
        getattr(aws("s3"), f"put_{noun}")(Bucket=inputs["bucket"], **{argument: to_api(inputs)})
        return inputs["bucket"], {}

    def read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
        answer = there(lambda: getattr(aws("s3"), f"get_{noun}")(Bucket=id))
        return None if answer is None else from_api(answer)

    def delete(aws: Aws, id: str, outputs: Properties) -> None:
        if noun != "bucket_versioning":  # which can be suspended only
            getattr(aws("s3"), f"delete_{noun.removesuffix('_configuration')}")(Bucket=id)

    return Kind(put, read, lambda aws, id, inputs: put(aws, inputs)[1], delete)


_BLOCK = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


def _encryption(inputs: Properties) -> dict[str, Any]:
    rule = inputs["rules"][0]
    chosen = rule["applyServerSideEncryptionByDefault"]
    default = {"SSEAlgorithm": chosen["sseAlgorithm"]}
    if "kmsMasterKeyId" in chosen:
        default["KMSMasterKeyID"] = chosen["kmsMasterKeyId"]
    enabled = rule["bucketKeyEnabled"]
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": enabled}]}


def _policy(inputs: Properties) -> str:
    return str(inputs["policy"])


def _lifecycle(inputs: Properties) -> dict[str, Any]:
    rules = []
    for given in inputs["rules"]:
        rule: dict[str, Any] = {"ID": given["id"], "Status": given["status"], "Filter": {"Prefix": ""}}
        if "abortIncompleteMultipartUpload" in given:
            days = int(given["abortIncompleteMultipartUpload"]["daysAfterInitiation"])
            rule["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
        if "noncurrentVersionExpiration" in given:
            days = int(given["noncurrentVersionExpiration"]["noncurrentDays"])
            rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
            rule["Expiration"] = {"ExpiredObjectDeleteMarker": True}
        rules.append(rule)
    return {"Rules": rules}


# EC2


def group_create(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
    ec2 = aws("ec2")
    tags = [{"ResourceType": "security-group", "Tags": tag_list(inputs)}]
    id = ec2.create_security_group(
        GroupName=inputs["name"],
        Description=inputs["description"],
        VpcId=inputs["vpcId"],
        TagSpecifications=tags,
    )["GroupId"]
    everywhere = ec2.describe_security_groups(GroupIds=[id])["SecurityGroups"][0]["IpPermissionsEgress"]
    ec2.revoke_security_group_egress(GroupId=id, IpPermissions=everywhere)
    return id, {}


def group_read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
    return None if there(lambda: aws("ec2").describe_security_groups(GroupIds=[id])) is None else {}


def rule_create(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
    permission = {
        "IpProtocol": inputs["ipProtocol"],
        "FromPort": int(inputs["fromPort"]),
        "ToPort": int(inputs["toPort"]),
        "UserIdGroupPairs": [{"GroupId": inputs["referencedSecurityGroupId"]}],
    }
    made = aws("ec2").authorize_security_group_ingress(
        GroupId=inputs["securityGroupId"],
        IpPermissions=[permission],
    )
    return made["SecurityGroupRules"][0]["SecurityGroupRuleId"], {}


def rule_delete(aws: Aws, id: str, outputs: Properties) -> None:
    group = outputs["securityGroupId"]
    aws("ec2").revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[id])


# Secrets Manager, KMS, IAM


def secret_create(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
    made = aws("secretsmanager").create_secret(
        Name=inputs["name"], Description=inputs["description"], Tags=tag_list(inputs)
    )
    return made["ARN"], {"arn": made["ARN"]}


def secret_read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
    found = there(lambda: aws("secretsmanager").describe_secret(SecretId=id))
    return None if found is None or "DeletedDate" in found else {"tags": tag_map(found["Tags"])}


def secret_delete(aws: Aws, id: str, outputs: Properties) -> None:
    days = int(outputs["recoveryWindowInDays"])
    aws("secretsmanager").delete_secret(SecretId=id, RecoveryWindowInDays=days)


def version_create(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
    made = aws("secretsmanager").put_secret_value(
        SecretId=inputs["secretId"], SecretString=inputs["secretString"]
    )
    return f"{inputs['secretId']}|{made['VersionId']}", {"versionId": made["VersionId"]}


def version_read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
    secret, _, version = id.partition("|")
    ask = aws("secretsmanager").get_secret_value
    found = there(lambda: ask(SecretId=secret, VersionId=version))
    return None if found is None else {"secretString": found["SecretString"]}


def key_create(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
    tags = [{"TagKey": each["Key"], "TagValue": each["Value"]} for each in tag_list(inputs)]
    made = aws("kms").create_key(Description=inputs["description"], Tags=tags)["KeyMetadata"]
    aws("kms").enable_key_rotation(KeyId=made["KeyId"])
    return made["KeyId"], {"arn": made["Arn"], "keyId": made["KeyId"]}


def key_read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
    found = there(lambda: aws("kms").describe_key(KeyId=id))
    return None if found is None or found["KeyMetadata"]["KeyState"] == "PendingDeletion" else {}


def key_delete(aws: Aws, id: str, outputs: Properties) -> None:
    days = int(outputs["deletionWindowInDays"])
    aws("kms").schedule_key_deletion(KeyId=id, PendingWindowInDays=days)


def alias_create(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
    aws("kms").create_alias(AliasName=inputs["name"], TargetKeyId=inputs["targetKeyId"])
    return inputs["name"], {}


def alias_read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
    aliases = aws("kms").list_aliases()["Aliases"]
    return {} if any(each["AliasName"] == id for each in aliases) else None


def role_create(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
    made = aws("iam").create_role(
        RoleName=inputs["name"],
        AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
        Description=inputs["description"],
        Tags=tag_list(inputs),
    )["Role"]
    return made["RoleName"], {"arn": made["Arn"]}


def role_read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
    return None if there(lambda: aws("iam").get_role(RoleName=id)) is None else {}


def policy_put(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
    aws("iam").put_role_policy(
        RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"]
    )
    return f"{inputs['role']}:{inputs['name']}", {}


def policy_read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
    role, _, name = id.partition(":")
    found = there(lambda: aws("iam").get_role_policy(RoleName=role, PolicyName=name))
    return None if found is None else {}


def policy_delete(aws: Aws, id: str, outputs: Properties) -> None:
    role, _, name = id.partition(":")
    aws("iam").delete_role_policy(RoleName=role, PolicyName=name)


# ACM and Route 53


def certificate_create(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
    arn = aws("acm").request_certificate(
        DomainName=inputs["domainName"], ValidationMethod="DNS", Tags=tag_list(inputs)
    )["CertificateArn"]
    asked = aws("acm").describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"][0]
    record = asked["ResourceRecord"]
    option = {
        "domainName": asked["DomainName"],
        "resourceRecordName": record["Name"],
        "resourceRecordType": record["Type"],
        "resourceRecordValue": record["Value"],
    }
    return arn, {"arn": arn, "domainValidationOptions": [option]}


def certificate_read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
    return None if there(lambda: aws("acm").describe_certificate(CertificateArn=id)) is None else {}


def _record(action: str, aws: Aws, inputs: Properties) -> None:
    record = {
        "Name": inputs["name"],
        "Type": inputs["type"],
        "TTL": int(inputs["ttl"]),
        "ResourceRecords": [{"Value": value} for value in inputs["records"]],
    }
    change = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    aws("route53").change_resource_record_sets(HostedZoneId=inputs["zoneId"], ChangeBatch=change)


def record_create(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
    _record("UPSERT", aws, inputs)
    return f"{inputs['zoneId']}_{inputs['name']}_{inputs['type']}", {"fqdn": inputs["name"]}


def record_read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
    found = aws("route53").list_resource_record_sets(HostedZoneId=outputs["zoneId"])["ResourceRecordSets"]
    wanted = outputs["name"].rstrip(".")
    return {} if any(each["Name"].rstrip(".") == wanted for each in found) else None


def record_delete(aws: Aws, id: str, outputs: Properties) -> None:
    with suppress(ClientError):
        _record("DELETE", aws, outputs)


KINDS: dict[str, Kind] = {
    "aws:s3/bucket:Bucket": Kind(bucket_create, bucket_read, bucket_update, bucket_delete),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": bucket_part(
        "public_access_block",
        "PublicAccessBlockConfiguration",
        lambda inputs: {theirs: inputs[ours] for ours, theirs in _BLOCK.items()},
        lambda answer: {
            ours: answer["PublicAccessBlockConfiguration"][theirs] for ours, theirs in _BLOCK.items()
        },
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": bucket_part(
        "bucket_ownership_controls",
        "OwnershipControls",
        lambda inputs: {"Rules": [{"ObjectOwnership": inputs["rule"]["objectOwnership"]}]},
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": bucket_part(
        "bucket_encryption", "ServerSideEncryptionConfiguration", _encryption
    ),
    "aws:s3/bucketVersioning:BucketVersioning": bucket_part(
        "bucket_versioning",
        "VersioningConfiguration",
        lambda inputs: {"Status": inputs["versioningConfiguration"]["status"]},
    ),
    "aws:s3/bucketPolicy:BucketPolicy": bucket_part(
        "bucket_policy",
        "Policy",
        lambda inputs: inputs["policy"],
        lambda answer: {"policy": answer["Policy"]},
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": bucket_part(
        "bucket_lifecycle_configuration", "LifecycleConfiguration", _lifecycle
    ),
    **RDS_KINDS,
    "aws:ec2/securityGroup:SecurityGroup": Kind(
        group_create,
        group_read,
        settled,
        lambda aws, id, outputs: aws("ec2").delete_security_group(GroupId=id),
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Kind(
        rule_create, lambda aws, id, outputs: {}, settled, rule_delete
    ),
    "aws:secretsmanager/secret:Secret": Kind(secret_create, secret_read, settled, secret_delete),
    "aws:secretsmanager/secretVersion:SecretVersion": Kind(
        version_create, version_read, settled, settled, frozenset({"secretId", "secretString"})
    ),
    "aws:kms/key:Key": Kind(key_create, key_read, settled, key_delete),
    "aws:kms/alias:Alias": Kind(
        alias_create,
        alias_read,
        settled,
        lambda aws, id, outputs: aws("kms").delete_alias(AliasName=id),
    ),
    "aws:iam/role:Role": Kind(
        role_create, role_read, settled, lambda aws, id, outputs: aws("iam").delete_role(RoleName=id)
    ),
    "aws:iam/rolePolicy:RolePolicy": Kind(
        policy_put, policy_read, lambda aws, id, inputs: policy_put(aws, inputs)[1], policy_delete
    ),
    # Of associations the server knows nothing: they are taken for made.
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Kind(
        lambda aws, inputs: (f"a-{inputs['serviceAccount']}", {}),
        lambda aws, id, outputs: {},
        settled,
        settled,
        frozenset({"clusterName", "namespace", "serviceAccount"}),
    ),
    "aws:acm/certificate:Certificate": Kind(
        certificate_create,
        certificate_read,
        settled,
        lambda aws, id, outputs: aws("acm").delete_certificate(CertificateArn=id),
    ),
    "aws:acm/certificateValidation:CertificateValidation": Kind(
        lambda aws, inputs: (inputs["certificateArn"], {}),
        lambda aws, id, outputs: {},
        settled,
        settled,
    ),
    "aws:route53/record:Record": Kind(record_create, record_read, settled, record_delete),
}
