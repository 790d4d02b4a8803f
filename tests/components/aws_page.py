"""The table in docs/aws.md of what each setting sets. Run it (`scripts/docs`) to write it anew."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from unittest.mock import patch

from tests.components import registrations
from tests.components.settings_page import DOCS, filled, settings
from tests.components.test_aws import COMPUTED, EXPOSED, SHARED, inputs, make

from trackstack.components.settings.aws import AwsSettings

PAGE = DOCS / "aws.md"
_ARN = "arn:aws:{}:eu-central-1:123456789012:{}"
_AURORA = {"database": {"kind": "aurora"}}
_SHARED = {"database": SHARED}
_ZONE = {"domain": {"zone": "Z1"}}
EXAMPLES: dict[str, tuple[Any, dict[str, Any]]] = {
    "cluster": ("other", {"identity": "pod-identity"}),
    "vpc": ("vpc-0000000000000000f", {}),
    "subnets": (["subnet-0000000a", "subnet-0000000b"], {}),
    "security_groups": (["sg-0000000a"], {}),
    "identity": ("pod-identity", {}),
    "oidc_provider": (_ARN.format("iam", "oidc-provider/other"), {}),
    "permissions_boundary": (_ARN.format("iam", "policy/bound"), {}),
    "kms_key": ("create", {}),
    "secrets": ("secrets-store-csi", {}),
    "owner": ("platform", {}),
    "tags": ({"a": "b"}, {}),
    "database.kind": ("aurora", {}),
    "database.engine_version": ("16", {}),
    "database.instance_class": ("db.m7g.xlarge", {}),
    "database.storage_gb": (40, {}),
    "database.max_storage_gb": (400, {}),
    "database.min_capacity": (1, _AURORA),
    "database.max_capacity": (64, _AURORA),
    "database.multi_az": (True, {}),
    "database.backup_days": (35, {}),
    "database.deletion_protection": (False, {}),
    "database.final_snapshot": (False, {}),
    "database.performance_insights": (False, {}),
    "database.ca_secret": ({"name": "rds", "key": "ca.pem"}, {}),
    "database.host": ("other.example.com", _SHARED),
    "database.port": (6432, _SHARED),
    "database.admin_secret": (_ARN.format("secretsmanager", "secret:other"), _SHARED),
    "database.admin_kms_key": (_ARN.format("kms", "key/1"), _SHARED),
    "bucket.name": ("theirs", {}),
    "bucket.existing": (True, {"bucket": {"name": "theirs"}}),
    "bucket.prefix": ("below", {}),
    "bucket.mode": ("direct", {}),
    "bucket.versioning": (False, {}),
    "bucket.noncurrent_days": (7, {}),
    "bucket.force_destroy": (True, {}),
    "domain.zone": ("Z1", {}),
    "domain.certificate": (_ARN.format("acm", "certificate/1"), _ZONE),
    "domain.scheme": ("internet-facing", _ZONE),
    "domain.group": ("shared", _ZONE),
}
"""For each setting a value other than its default, and what else has to be said for it to count."""
_MANY = 4
_OWN_DIGITS = re.compile(r"demo([-_])[0-9a-f]{8}")


def sets(key: str) -> str:
    """What of which resources the setting's example changes; `+` is one that comes, `-` one that goes."""
    value, besides = EXAMPLES[key]
    before, after = (_registered(json.dumps(each)) for each in (besides, _with(besides, key, value)))
    changed: dict[str, list[str]] = {}
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old and new and old["type"] == new["type"]:
            was, now = inputs(before, name), inputs(after, name)
            for each in sorted(was.keys() | now.keys()):
                if was.get(each) != now.get(each):
                    changed.setdefault(each, []).append(_type(new["type"]))
            continue
        for sign, part in (("-", old), ("+", new)):
            if part and not part["type"].startswith("trackstack:"):
                changed.setdefault(sign, []).append(_type(part["type"]))
    return ", ".join(dict.fromkeys(_written(changed)))


def rows() -> Iterator[tuple[str, ...]]:
    """Key, default, meaning, and what it sets, of each setting."""
    for key, default, meaning in settings(AwsSettings):
        yield key, default, meaning, sets(key.strip("`"))


def page() -> str:
    """The page with its table filled in."""
    with patch.dict(registrations.COMPUTED, COMPUTED):
        return filled(PAGE, {"aws": (("setting", "default", "meaning", "sets"), rows())})


def _with(besides: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    group, _, name = key.rpartition(".")
    if not group:
        return {**besides, name: value}
    return {**besides, group: {**besides.get(group, {}), name: value}}


@cache
def _registered(given: str) -> dict[str, Any]:
    """What settings as JSON register, with the digits that differ by cluster and VPC left out."""
    registered, _ = make(json.loads(given), EXPOSED)
    told: dict[str, Any] = json.loads(_OWN_DIGITS.sub(r"demo\1", json.dumps(registered)))
    return told


def _type(token: str) -> str:
    """`rds.Instance` of aws:rds/instance:Instance, and `Secret` of kubernetes:core/v1:Secret."""
    package, module, name = token.split(":")
    return f"{module.partition('/')[0]}.{name}" if package == "aws" else name


def _written(changed: dict[str, list[str]]) -> Iterator[str]:
    for key, types in changed.items():
        if key in "+-":
            yield from (f"`{key}{each}`" for each in types)
        elif len(set(types)) > _MANY:
            yield f"`{key}` of all"
        else:
            yield from (f"`{each}.{key}`" for each in types)


if __name__ == "__main__":
    PAGE.write_text(page())
