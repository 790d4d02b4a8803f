"""The databases that an instance on AWS may have."""

from collections.abc import Callable
from typing import Any

from tests.aws.kind import Aws, Kind, Properties, settled, tag_list, there


def named(noun: str, key: str, make: Callable[[Properties], dict[str, Any]], answer: str) -> Kind:
    """A group of RDS: created with its name, described and deleted by it."""

    def create(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
        made = getattr(aws("rds"), f"create_{noun}")(
            **{key: inputs["name"]}, **make(inputs), Tags=tag_list(inputs)
        )
        if "parameters" in inputs:
            parameters = [
                {"ParameterName": each["name"], "ParameterValue": each["value"], "ApplyMethod": "immediate"}
                for each in inputs["parameters"]
            ]
            getattr(aws("rds"), f"modify_{noun}")(**{key: inputs["name"]}, Parameters=parameters)
        return inputs["name"], {"arn": made[answer].get(f"{answer}Arn", "")}

    def read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
        found = there(lambda: getattr(aws("rds"), f"describe_{noun}s")(**{key: id}))
        return None if found is None else {}

    def delete(aws: Aws, id: str, outputs: Properties) -> None:
        getattr(aws("rds"), f"delete_{noun}")(**{key: id})

    return Kind(create, read, settled, delete)


def server_create(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
    made = aws("rds").create_db_instance(
        DBInstanceIdentifier=inputs["identifier"],
        Engine=inputs["engine"],
        EngineVersion=inputs["engineVersion"],
        DBInstanceClass=inputs["instanceClass"],
        AllocatedStorage=int(inputs["allocatedStorage"]),
        MaxAllocatedStorage=int(inputs["maxAllocatedStorage"]),
        StorageType=inputs["storageType"],
        StorageEncrypted=inputs["storageEncrypted"],
        MultiAZ=inputs["multiAz"],
        MasterUsername=inputs["username"],
        ManageMasterUserPassword=inputs["manageMasterUserPassword"],
        DBParameterGroupName=inputs["parameterGroupName"],
        DBSubnetGroupName=inputs["dbSubnetGroupName"],
        VpcSecurityGroupIds=inputs["vpcSecurityGroupIds"],
        PubliclyAccessible=inputs["publiclyAccessible"],
        BackupRetentionPeriod=int(inputs["backupRetentionPeriod"]),
        DeletionProtection=inputs["deletionProtection"],
        CopyTagsToSnapshot=inputs["copyTagsToSnapshot"],
        Port=int(inputs["port"]),
        Tags=tag_list(inputs),
        **({"KmsKeyId": inputs["kmsKeyId"]} if "kmsKeyId" in inputs else {}),
    )["DBInstance"]
    return made["DBInstanceIdentifier"], _server(made)


def _server(made: Properties) -> dict[str, Any]:
    secret = made.get("MasterUserSecret", {})
    return {
        "arn": made["DBInstanceArn"],
        "address": made["Endpoint"]["Address"],
        "deletionProtection": made["DeletionProtection"],
        "instanceClass": made["DBInstanceClass"],
        "masterUserSecrets": [{"secretArn": secret.get("SecretArn", ""), "secretStatus": "active"}],
    }


def server_read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
    found = there(lambda: aws("rds").describe_db_instances(DBInstanceIdentifier=id))
    return None if found is None else _server(found["DBInstances"][0])


def server_update(aws: Aws, id: str, inputs: Properties) -> dict[str, Any]:
    changed = aws("rds").modify_db_instance(
        DBInstanceIdentifier=id,
        DeletionProtection=inputs["deletionProtection"],
        DBInstanceClass=inputs["instanceClass"],
        ApplyImmediately=True,
    )["DBInstance"]
    aws("rds").add_tags_to_resource(ResourceName=changed["DBInstanceArn"], Tags=tag_list(inputs))
    return _server(aws("rds").describe_db_instances(DBInstanceIdentifier=id)["DBInstances"][0])


def server_delete(aws: Aws, id: str, outputs: Properties) -> None:
    final = {"FinalDBSnapshotIdentifier": outputs["finalSnapshotIdentifier"]}
    if outputs["skipFinalSnapshot"]:
        final = {}
    aws("rds").delete_db_instance(
        DBInstanceIdentifier=id, SkipFinalSnapshot=outputs["skipFinalSnapshot"], **final
    )


def cluster_create(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
    scaling = inputs["serverlessv2ScalingConfiguration"]
    made = aws("rds").create_db_cluster(
        DBClusterIdentifier=inputs["clusterIdentifier"],
        Engine=inputs["engine"],
        EngineVersion=inputs["engineVersion"],
        ServerlessV2ScalingConfiguration={
            "MinCapacity": scaling["minCapacity"],
            "MaxCapacity": scaling["maxCapacity"],
        },
        StorageEncrypted=inputs["storageEncrypted"],
        MasterUsername=inputs["masterUsername"],
        ManageMasterUserPassword=inputs["manageMasterUserPassword"],
        DBClusterParameterGroupName=inputs["dbClusterParameterGroupName"],
        DBSubnetGroupName=inputs["dbSubnetGroupName"],
        VpcSecurityGroupIds=inputs["vpcSecurityGroupIds"],
        BackupRetentionPeriod=int(inputs["backupRetentionPeriod"]),
        DeletionProtection=inputs["deletionProtection"],
        CopyTagsToSnapshot=inputs["copyTagsToSnapshot"],
        EnableCloudwatchLogsExports=inputs["enabledCloudwatchLogsExports"],
        Port=int(inputs["port"]),
        Tags=tag_list(inputs),
        **({"KmsKeyId": inputs["kmsKeyId"]} if "kmsKeyId" in inputs else {}),
    )["DBCluster"]
    return made["DBClusterIdentifier"], _cluster(made)


def _cluster(made: Properties) -> dict[str, Any]:
    secret = made.get("MasterUserSecret", {})
    scaling = made["ServerlessV2ScalingConfiguration"]
    return {
        "arn": made["DBClusterArn"],
        "endpoint": made["Endpoint"],
        "engineVersion": made["EngineVersion"],
        "deletionProtection": made["DeletionProtection"],
        "dbSubnetGroupName": made["DBSubnetGroup"],
        "serverlessv2ScalingConfiguration": {
            "minCapacity": scaling["MinCapacity"],
            "maxCapacity": scaling["MaxCapacity"],
        },
        "masterUserSecrets": [{"secretArn": secret.get("SecretArn", ""), "secretStatus": "active"}],
    }


def cluster_read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
    found = there(lambda: aws("rds").describe_db_clusters(DBClusterIdentifier=id))
    return None if found is None else _cluster(found["DBClusters"][0])


def cluster_update(aws: Aws, id: str, inputs: Properties) -> dict[str, Any]:
    scaling = inputs["serverlessv2ScalingConfiguration"]
    aws("rds").modify_db_cluster(
        DBClusterIdentifier=id,
        DeletionProtection=inputs["deletionProtection"],
        ServerlessV2ScalingConfiguration={
            "MinCapacity": scaling["minCapacity"],
            "MaxCapacity": scaling["maxCapacity"],
        },
        ApplyImmediately=True,
    )
    return _cluster(aws("rds").describe_db_clusters(DBClusterIdentifier=id)["DBClusters"][0])


def cluster_delete(aws: Aws, id: str, outputs: Properties) -> None:
    final = {"FinalDBSnapshotIdentifier": outputs.get("finalSnapshotIdentifier")}
    if outputs["skipFinalSnapshot"]:
        final = {}
    aws("rds").delete_db_cluster(
        DBClusterIdentifier=id, SkipFinalSnapshot=outputs["skipFinalSnapshot"], **final
    )


def member_create(aws: Aws, inputs: Properties) -> tuple[str, dict[str, Any]]:
    made = aws("rds").create_db_instance(
        DBInstanceIdentifier=inputs["identifier"],
        DBClusterIdentifier=inputs["clusterIdentifier"],
        Engine=inputs["engine"],
        EngineVersion=inputs["engineVersion"],
        DBInstanceClass=inputs["instanceClass"],
        PubliclyAccessible=inputs["publiclyAccessible"],
        Tags=tag_list(inputs),
    )["DBInstance"]
    return made["DBInstanceIdentifier"], {"arn": made["DBInstanceArn"]}


def member_read(aws: Aws, id: str, outputs: Properties) -> dict[str, Any] | None:
    found = there(lambda: aws("rds").describe_db_instances(DBInstanceIdentifier=id))
    return None if found is None else {}


def member_delete(aws: Aws, id: str, outputs: Properties) -> None:
    aws("rds").delete_db_instance(DBInstanceIdentifier=id, SkipFinalSnapshot=True)


RDS_KINDS: dict[str, Kind] = {
    "aws:rds/parameterGroup:ParameterGroup": named(
        "db_parameter_group",
        "DBParameterGroupName",
        lambda inputs: {"DBParameterGroupFamily": inputs["family"], "Description": inputs["description"]},
        "DBParameterGroup",
    ),
    "aws:rds/subnetGroup:SubnetGroup": named(
        "db_subnet_group",
        "DBSubnetGroupName",
        lambda inputs: {"DBSubnetGroupDescription": inputs["description"], "SubnetIds": inputs["subnetIds"]},
        "DBSubnetGroup",
    ),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": named(
        "db_cluster_parameter_group",
        "DBClusterParameterGroupName",
        lambda inputs: {"DBParameterGroupFamily": inputs["family"], "Description": inputs["description"]},
        "DBClusterParameterGroup",
    ),
    "aws:rds/instance:Instance": Kind(server_create, server_read, server_update, server_delete),
    "aws:rds/cluster:Cluster": Kind(
        cluster_create,
        cluster_read,
        cluster_update,
        cluster_delete,
        frozenset({"clusterIdentifier", "engine", "masterUsername"}),
    ),
    "aws:rds/clusterInstance:ClusterInstance": Kind(
        member_create, member_read, settled, member_delete, frozenset({"identifier", "clusterIdentifier"})
    ),
}
