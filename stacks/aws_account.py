"""An AWS account as Pulumi's `aws:` configuration names it, asked before anything in it is touched."""

import json
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from trackstack.engine.resource import Resource
from trackstack.stacks.errors import StackError
from trackstack.stacks.spec import InstanceSpec

if TYPE_CHECKING:
    from boto3.session import Session

BUCKET = "aws:s3/bucket:Bucket"
DATABASES = ("aws:rds/instance:Instance", "aws:rds/cluster:Cluster")


def region(config: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> str:
    """As the provider finds it: configured, in the environment, or the profile's. Raises StackError."""
    variables = (environment.get(name, "") for name in ("AWS_REGION", "AWS_DEFAULT_REGION"))
    found = next(filter(None, (str(config.get("region") or ""), *variables)), "")
    found = found or _session(config).region_name or ""
    if not found:
        raise StackError("aws:region is missing: set it in the stack's file, or AWS_REGION")
    return found


class Account:
    """Everything raises StackError in one line; nothing is changed."""

    def __init__(self, config: Mapping[str, str]) -> None:
        """`config` is the stack's configuration; of it, `aws:…` is used as the provider uses it."""
        self._config: dict[str, Any] = {
            key.removeprefix("aws:"): _value(text) for key, text in config.items() if key.startswith("aws:")
        }
        self.region = region(self._config)
        self._boto = self._taken(_session(self._config))

    def require(self, spec: InstanceSpec) -> None:
        """Credentials that AWS takes, and a zone that is ours and holds the host."""
        self._ask("sts", "get_caller_identity")
        zone, host = spec.aws.domain.zone, spec.kubernetes.exposure.host
        if not zone:
            return
        found = self._ask("route53", "get_hosted_zone", Id=zone)
        name = str(found["HostedZone"]["Name"]).rstrip(".")
        if not host.endswith(f".{name}"):
            raise StackError(
                f"aws.domain.zone: {zone} is {name}, which has no {host}; choose a name below it"
            )

    def require_deletable(self, name: str, resources: Iterable[Resource]) -> None:
        """No database that is protected, and no bucket of the stack's that holds anything."""
        then = f"`trackstack up {name}`, and delete it then"
        for each in resources:
            if each.type in DATABASES and each.outputs.get("deletionProtection"):
                raise StackError(
                    f"{name}'s database is protected from deletion: "
                    f"set aws.database.deletion_protection: false, {then}"
                )
            if each.type == BUCKET and not each.inputs.get("forceDestroy") and self._holds_objects(each.id):
                raise StackError(
                    f"{name}'s bucket {each.id} is not empty: "
                    f"empty it, or set aws.bucket.force_destroy: true, {then}"
                )

    def _holds_objects(self, bucket: str) -> bool:
        found = self._ask("s3", "list_object_versions", missing={}, Bucket=bucket, MaxKeys=1)
        return bool(found.get("Versions") or found.get("DeleteMarkers"))

    def _ask(self, service: str, operation: str, missing: Any = None, **arguments: Any) -> Any:
        """The answer; `missing`, if given, where the subject does not exist."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client = self._boto.client(service, region_name=self.region, **self._endpoint(service))
            return getattr(client, operation)(**arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if missing is not None and code.startswith("NoSuch"):
                return missing
            subject = "".join(f" {value}" for value in arguments.values() if isinstance(value, str))
            message = error.response["Error"].get("Message", "")
            raise StackError(f"AWS refuses {service}:{operation}{subject}: {code}: {message}") from None
        except BotoCoreError as error:
            raise StackError(f"AWS cannot be asked: {error}; see aws:profile and AWS_PROFILE") from None

    def _endpoint(self, service: str) -> dict[str, Any]:
        given = self._config.get("endpoints") or []
        found = next((each[service] for each in given if each.get(service)), None)
        return {"endpoint_url": found} if found else {}

    def _taken(self, session: "Session") -> "Session":
        """The session of the role that the configuration names, if it names any."""
        roles = self._config.get("assumeRoles") or self._config.get("assumeRole") or []
        self._boto = session
        for role in roles if isinstance(roles, list) else [roles]:
            given = {"RoleArn": role["roleArn"], "RoleSessionName": role.get("sessionName") or "trackstack"}
            if role.get("externalId"):
                given["ExternalId"] = role["externalId"]
            self._boto = _with_keys(self._ask("sts", "assume_role", **given)["Credentials"])
        return self._boto


def _session(config: Mapping[str, Any]) -> "Session":
    from boto3.session import Session
    from botocore.exceptions import BotoCoreError

    try:
        return Session(
            profile_name=config.get("profile") or None,
            aws_access_key_id=config.get("accessKey") or None,
            aws_secret_access_key=config.get("secretKey") or None,
            aws_session_token=config.get("token") or None,
        )
    except BotoCoreError as error:
        raise StackError(f"aws:profile: {error}") from None


def _with_keys(keys: Mapping[str, str]) -> "Session":
    from boto3.session import Session

    return Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def _value(text: str) -> Any:
    """A value of the configuration: JSON where it is a list or a mapping."""
    return json.loads(text) if text.startswith(("[", "{")) else text
