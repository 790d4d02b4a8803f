"""Who an instance's pods are on AWS."""

from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions
from pulumi_aws import eks, iam

from trackstack.components.aws import policies
from trackstack.components.aws.cloud import Cloud, owned
from trackstack.components.kubernetes.place import Place
from trackstack.components.naming import part

ROLE_ARN = "eks.amazonaws.com/role-arn"


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    """Inputs of `Identity`."""

    cloud: Cloud
    place: Place
    role: str
    """What the role is for, a part's name: its pods' service account is called so, too."""
    statements: Input[list[dict[str, Any]]]
    """What it may do, and nothing else."""


class Identity(ComponentResource):
    """A role that only the pods of one service account can take, by IRSA or EKS Pod Identity."""

    arn: Output[str]
    annotations: dict[str, Input[str]]
    """What the service account has to say for that."""
    ready: tuple[Resource, ...]

    def __init__(self, name: str, args: IdentityArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:aws:Identity", name, {}, opts)
        cloud, settings = args.cloud, args.cloud.settings
        account, namespace = args.place.name(args.role), Output.from_input(args.place.namespace)
        trust: Input[dict[str, Any]] = policies.pod_identity_trust()
        if settings.identity == "irsa":
            trust = namespace.apply(lambda name: policies.irsa_trust(settings.oidc_provider, name, account))
        role = iam.Role(
            part(name, "role"),
            name=cloud.name(args.role),
            description=f"Pods {args.role} of the Trackstack instance {cloud.instance}",
            assume_role_policy=Output.json_dumps(trust),
            permissions_boundary=settings.permissions_boundary or None,
            tags=cloud.tags(args.role),
            opts=owned(self, protect_name=True),
        )
        allowed = iam.RolePolicy(
            part(name, "policy"),
            name=cloud.name(args.role),
            role=role.id,
            policy=Output.json_dumps(Output.from_input(args.statements).apply(policies.policy)),
            opts=owned(self, protect_name=True),
        )
        self.arn, self.annotations = role.arn, {}
        self.ready = (allowed,)
        if settings.identity == "irsa":
            self.annotations[ROLE_ARN] = role.arn
        else:
            associated = eks.PodIdentityAssociation(
                part(name, "association"),
                cluster_name=settings.cluster,
                namespace=namespace,
                service_account=account,
                role_arn=role.arn,
                tags=cloud.tags(args.role),
                opts=owned(self, protect_name=True),
            )
            self.ready += (associated,)
        self.register_outputs({"arn": self.arn})
