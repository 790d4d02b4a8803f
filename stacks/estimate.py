"""What an instance on AWS costs in a month, by a dated table of list prices: an estimate."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from trackstack.components.settings.aws import RDS_PRESETS, AwsSettings
from trackstack.stacks.errors import StackError
from trackstack.stacks.spec import InstanceSpec

HOURS = 730
"""A month's, as AWS counts them."""


@dataclass(frozen=True)
class Item:
    """One thing that is paid for."""

    name: str
    quantity: str
    month: float


@dataclass(frozen=True)
class Estimate:
    """Of `items` a month costs `month`; the prices are those of `region` at `date`.

    Not in it: the cluster's nodes, traffic, requests, backups beyond the database's size, and tax.
    """

    items: tuple[Item, ...]
    currency: str
    region: str
    date: str

    @property
    def month(self) -> float:
        """The sum."""
        return round(sum(item.month for item in self.items), 2)


def estimate(spec: InstanceSpec, region: str, artifacts_gb: float) -> Estimate:
    """With so many gigabytes of artifacts. Raises StackError where there are no prices of what it needs."""
    if spec.target != "aws":
        raise StackError(f"{spec.name} is on the target {spec.target}: only aws has prices to estimate with")
    table = yaml.safe_load(files("trackstack.templates").joinpath("prices/aws.yaml").read_text("utf-8"))
    prices = table["regions"].get(region)
    if prices is None:
        known = ", ".join(table["regions"])
        raise StackError(f"there are no prices of {region}; choose one of {known} with --region to compare")
    settings = spec.aws
    items = [*_database(spec, prices)]
    if not settings.bucket.existing:
        items.append(Item("bucket", f"{artifacts_gb:g} GB of S3", artifacts_gb * prices["bucket_gb_month"]))
    own = settings.database.kind != "shared"
    secrets = 2 if own else 1  # RDS keeps the administrator's password in one of its own
    items.append(Item("secrets", f"{secrets} in Secrets Manager", secrets * prices["secret_month"]))
    if settings.kms_key == "create":
        items.append(Item("key", "1 in KMS", prices["key_month"]))
    if _has_balancer(settings):
        items.append(Item("load balancer", "1 ALB", HOURS * prices["balancer_hour"]))
    return Estimate(tuple(items), table["currency"], region, str(table["date"]))


def _database(spec: InstanceSpec, prices: dict[str, Any]) -> list[Item]:
    settings, preset = spec.aws.database, RDS_PRESETS[spec.kubernetes.size]
    multi_az = preset.multi_az if settings.multi_az is None else settings.multi_az
    zones = 2 if multi_az else 1
    if settings.kind == "shared":
        return []
    if settings.kind == "aurora":
        least = preset.min_capacity if settings.min_capacity is None else settings.min_capacity
        cost = zones * least * HOURS * prices["aurora_acu_hour"]
        storage = preset.storage_gb
        return [
            Item("database", f"Aurora, {zones} x {least:g} ACU at least", cost),
            Item("database storage", f"{storage} GB", storage * prices["aurora_storage_gb_month"]),
        ]
    size = settings.instance_class or preset.instance_class
    if size not in prices["instance_hour"]:
        raise StackError(
            f"there is no price of {size}; there are those of {', '.join(prices['instance_hour'])}"
        )
    storage = settings.storage_gb or preset.storage_gb
    return [
        Item("database", f"{zones} x {size}", zones * HOURS * prices["instance_hour"][size]),
        Item("database storage", f"{zones} x {storage} GB", zones * storage * prices["storage_gb_month"]),
    ]


def _has_balancer(settings: AwsSettings) -> bool:
    """Whether it has one of its own; a group is shared with others."""
    return bool(settings.domain.zone or settings.domain.certificate) and not settings.domain.group
