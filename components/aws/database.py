"""Where an instance on AWS keeps its experiments and runs."""

from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, CustomTimeouts, Output, Resource, ResourceOptions
from pulumi_aws import ec2, rds, vpc

from trackstack.components.aws.cloud import Cloud, owned
from trackstack.components.aws.key import Key
from trackstack.components.naming import part
from trackstack.components.settings.aws import RDS_PRESETS

PORT = 5432
ADMIN = "trackstack_admin"
_GROWTH = 5
_INSIGHTS_DAYS = 7
"""The span that costs nothing."""
_TIMEOUT = "60m"
"""A Multi-AZ instance or a larger change takes half an hour."""


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """Inputs of `Database`."""

    cloud: Cloud
    key: Key


class Database(ComponentResource):
    """RDS for PostgreSQL, Aurora Serverless v2, or a server that is there.

    Encrypted, TLS only, open to the cluster's groups only; RDS makes the administrator's password, rotates it
    and keeps it in Secrets Manager, where only the job that makes the instance's own role may read it.
    """

    host: Output[str]
    port: int
    admin_secret: Output[str]
    """The ARN of the administrator's secret."""
    ready: tuple[Resource, ...]

    def __init__(self, name: str, args: DatabaseArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:aws:Database", name, {}, opts)
        self._name, self._args, self._cloud = name, args, args.cloud
        self._settings = args.cloud.settings.database
        self._preset = RDS_PRESETS[args.cloud.size]
        self.port = PORT
        self.ready = ()
        {"rds": self._instance, "aurora": self._cluster, "shared": self._given}[self._settings.kind]()
        self.register_outputs({"host": self.host, "adminSecret": self.admin_secret})

    def _given(self) -> None:
        self.host = Output.from_input(self._settings.host)
        self.port = self._settings.port
        self.admin_secret = Output.from_input(self._settings.admin_secret)

    def _instance(self) -> None:
        settings, preset, cloud = self._settings, self._preset, self._cloud
        storage = settings.storage_gb or preset.storage_gb
        group = rds.ParameterGroup(
            part(self._name, "parameters"),
            name=cloud.name(f"postgres{self._major}"),
            family=f"postgres{self._major}",
            description=self._description,
            parameters=[_forced_tls(rds.ParameterGroupParameterArgs)],
            tags=cloud.tags("parameters"),
            opts=owned(self),
        )
        made = rds.Instance(
            part(self._name, "server"),
            identifier=cloud.name("database"),
            engine="postgres",
            engine_version=settings.engine_version,
            instance_class=settings.instance_class or preset.instance_class,
            allocated_storage=storage,
            max_allocated_storage=settings.max_storage_gb or storage * _GROWTH,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=self._args.key.arn,
            multi_az=preset.multi_az if settings.multi_az is None else settings.multi_az,
            username=ADMIN,
            parameter_group_name=group.name,
            publicly_accessible=False,
            backup_retention_period=settings.backup_days or preset.backup_days,
            delete_automated_backups=not settings.final_snapshot,
            auto_minor_version_upgrade=True,
            **self._insights,
            **self._common(),
            opts=self._lasting,
        )
        self.host, self.ready = made.address, (made,)
        self.admin_secret = _secret_arn(made.master_user_secrets)

    def _cluster(self) -> None:
        settings, preset, cloud = self._settings, self._preset, self._cloud
        group = rds.ClusterParameterGroup(
            part(self._name, "parameters"),
            name=cloud.name(f"aurora{self._major}"),
            family=f"aurora-postgresql{self._major}",
            description=self._description,
            parameters=[_forced_tls(rds.ClusterParameterGroupParameterArgs)],
            tags=cloud.tags("parameters"),
            opts=owned(self),
        )
        least = preset.min_capacity if settings.min_capacity is None else settings.min_capacity
        most = preset.max_capacity if settings.max_capacity is None else settings.max_capacity
        made = rds.Cluster(
            part(self._name, "server"),
            cluster_identifier=cloud.name("database"),
            engine="aurora-postgresql",
            engine_version=settings.engine_version,
            serverlessv2_scaling_configuration=rds.ClusterServerlessv2ScalingConfigurationArgs(
                min_capacity=least, max_capacity=most
            ),
            storage_encrypted=True,
            kms_key_id=self._args.key.arn,
            master_username=ADMIN,
            db_cluster_parameter_group_name=group.name,
            backup_retention_period=settings.backup_days or preset.backup_days,
            **self._common(),
            opts=self._lasting,
        )
        multi_az = preset.multi_az if settings.multi_az is None else settings.multi_az
        members = tuple(
            rds.ClusterInstance(
                part(self._name, f"member-{number}"),
                identifier=cloud.name(f"database-{number}"),
                cluster_identifier=made.id,
                engine="aurora-postgresql",
                engine_version=made.engine_version,
                instance_class="db.serverless",
                db_subnet_group_name=made.db_subnet_group_name,
                publicly_accessible=False,
                auto_minor_version_upgrade=True,
                apply_immediately=True,
                **self._insights,
                tags=cloud.tags(f"database-{number}"),
                opts=self._lasting,
            )
            for number in range(1, 3 if multi_az else 2)
        )
        self.host, self.ready = made.endpoint, (made, *members)
        self.admin_secret = _secret_arn(made.master_user_secrets)

    def _common(self) -> dict[str, Any]:
        """What an instance and a cluster have in common."""
        settings, cloud = self._settings, self._cloud
        subnets = rds.SubnetGroup(
            part(self._name, "subnets"),
            name=cloud.name("database"),
            description=self._description,
            subnet_ids=list(cloud.settings.subnets),
            tags=cloud.tags("subnets"),
            opts=owned(self),
        )
        access = self._open_to_the_cluster()
        # The group is another one for another instance of this name, and so is the snapshot that stays.
        final = access.id.apply(lambda group: f"{cloud.name('final')}-{group[-8:]}")
        return {
            "port": PORT,
            "manage_master_user_password": True,
            "master_user_secret_kms_key_id": self._args.key.arn,
            "db_subnet_group_name": subnets.name,
            "vpc_security_group_ids": [access.id],
            "enabled_cloudwatch_logs_exports": ["postgresql"],
            "copy_tags_to_snapshot": True,
            "deletion_protection": settings.deletion_protection,
            "skip_final_snapshot": not settings.final_snapshot,
            "final_snapshot_identifier": final if settings.final_snapshot else None,
            # Whoever changes a spec wants it now, not in the weekly window.
            "apply_immediately": True,
            "tags": cloud.tags("database"),
        }

    def _open_to_the_cluster(self) -> ec2.SecurityGroup:
        cloud = self._cloud
        group = ec2.SecurityGroup(
            part(self._name, "access"),
            name=cloud.name("database"),
            description=self._description,
            vpc_id=cloud.settings.vpc,
            tags=cloud.tags("access"),
            opts=owned(self),
        )
        for number, allowed in enumerate(cloud.settings.security_groups, 1):
            vpc.SecurityGroupIngressRule(
                part(self._name, f"access-{number}"),
                security_group_id=group.id,
                referenced_security_group_id=allowed,
                ip_protocol="tcp",
                from_port=PORT,
                to_port=PORT,
                description=f"Pods of {cloud.settings.cluster}",
                tags=cloud.tags("access"),
                opts=owned(self),
            )
        return group

    @property
    def _insights(self) -> dict[str, Any]:
        if not self._settings.performance_insights:
            return {"performance_insights_enabled": False}
        return {
            "performance_insights_enabled": True,
            "performance_insights_retention_period": _INSIGHTS_DAYS,
            "performance_insights_kms_key_id": self._args.key.arn,
        }

    @property
    def _lasting(self) -> ResourceOptions:
        patience = CustomTimeouts(create=_TIMEOUT, update=_TIMEOUT, delete=_TIMEOUT)
        return ResourceOptions.merge(
            owned(self, protect_name=True), ResourceOptions(custom_timeouts=patience)
        )

    @property
    def _major(self) -> str:
        return self._settings.engine_version.partition(".")[0]

    @property
    def _description(self) -> str:
        return f"Trackstack instance {self._cloud.instance}"


def _forced_tls(parameter: Any) -> Any:
    return parameter(name="rds.force_ssl", value="1")


def _secret_arn(secrets: Output[Any]) -> Output[str]:
    return secrets.apply(lambda made: str(made[0]["secret_arn"] if made else ""))
