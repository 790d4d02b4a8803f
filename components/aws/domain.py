"""The certificate and the name under which an instance on AWS is reached."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_aws import acm, route53

from trackstack.components.aws.cloud import Cloud, owned
from trackstack.components.naming import part

_TTL_S = 300


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """Inputs of `Certificate`."""

    cloud: Cloud
    host: str


class Certificate(ComponentResource):
    """An ACM certificate for the host, proved to be ours by a record of the zone, or one that is there."""

    arn: Output[str]

    def __init__(self, name: str, args: CertificateArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:aws:Certificate", name, {}, opts)
        cloud, settings = args.cloud, args.cloud.settings.domain
        self.arn = Output.from_input(settings.certificate)
        if not settings.certificate:
            made = acm.Certificate(
                part(name, "acm"),
                domain_name=args.host,
                validation_method="DNS",
                tags=cloud.tags("certificate"),
                # What a load balancer uses cannot be deleted: the next one comes first.
                opts=owned(self),
            )
            asked = made.domain_validation_options.apply(lambda options: options[0])
            proof = route53.Record(
                part(name, "proof"),
                zone_id=settings.zone,
                name=asked.apply(lambda option: option["resource_record_name"]),
                type=asked.apply(lambda option: option["resource_record_type"]),
                records=[asked.apply(lambda option: option["resource_record_value"])],
                ttl=_TTL_S,
                # Another certificate for the same host has the same proof.
                allow_overwrite=True,
                opts=owned(self, protect_name=True),
            )
            valid = acm.CertificateValidation(
                part(name, "valid"),
                certificate_arn=made.arn,
                validation_record_fqdns=[proof.fqdn],
                opts=owned(self),
            )
            self.arn = valid.certificate_arn
        self.register_outputs({"arn": self.arn})


@dataclass(frozen=True, kw_only=True)
class AddressArgs:
    """Inputs of `Address`."""

    cloud: Cloud
    host: str
    target: Input[str]
    """The load balancer's own name."""


class Address(ComponentResource):
    """The record that leads users to the load balancer."""

    def __init__(self, name: str, args: AddressArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:aws:Address", name, {}, opts)
        route53.Record(
            part(name, "record"),
            zone_id=args.cloud.settings.domain.zone,
            name=args.host,
            type="CNAME",
            records=[args.target],
            ttl=_TTL_S,
            opts=owned(self, protect_name=True),
        )
        self.register_outputs({})


def alb_annotations(cloud: Cloud, certificate: Input[str]) -> Mapping[str, Input[str]]:
    """What the Ingress tells the AWS Load Balancer Controller: TLS only, to the pods themselves."""
    settings = cloud.settings.domain
    said: dict[str, Input[str]] = {
        "scheme": settings.scheme,
        "target-type": "ip",
        "listen-ports": '[{"HTTP":80},{"HTTPS":443}]',
        "ssl-redirect": "443",
        "ssl-policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "healthcheck-path": "/ready",
        "certificate-arn": certificate,
        "tags": ",".join(f"{key}={value}" for key, value in cloud.tags("ingress").items()),
    }
    if settings.group:
        said["group.name"] = settings.group
    return {f"alb.ingress.kubernetes.io/{key}": value for key, value in said.items()}
