"""What all settings have in common."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_HOST = re.compile(r"([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*")
_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei)?")


class Settings(BaseModel):
    """Settings under one key of an instance's configuration; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _dns_label(text: str) -> str:
    if text and not _DNS_LABEL.fullmatch(text):
        raise ValueError("write 1 to 63 lower-case letters, digits and -, a letter or digit first and last")
    return text


def _host(text: str) -> str:
    if text and (len(text) > 253 or not _HOST.fullmatch(text)):
        raise ValueError("write a host name such as mlflow.example.com")
    return text


def _quantity(text: str) -> str:
    if not _QUANTITY.fullmatch(text):
        raise ValueError("write a quantity as Kubernetes has them, such as 500m, 2, 512Mi or 10Gi")
    return text


DnsLabel = Annotated[str, AfterValidator(_dns_label)]
"""A name as RFC 1123 has labels; may be empty."""

Host = Annotated[str, AfterValidator(_host)]
"""A host's name; may be empty."""

Quantity = Annotated[str, AfterValidator(_quantity)]
"""An amount of CPU, memory or storage."""


class SecretRef(Settings):
    """A key of a Kubernetes Secret that is there already, in the instance's namespace."""

    name: DnsLabel = Field(min_length=1, description="The Secret's name.")
    key: str = Field(
        min_length=1, max_length=253, pattern=r"^[-._A-Za-z0-9]+$", description="The key in its data."
    )
