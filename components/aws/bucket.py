"""Where an instance on AWS keeps its artifacts."""

import json
from dataclasses import dataclass

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_aws import s3

from trackstack.components.aws.cloud import Cloud, owned
from trackstack.components.aws.key import Key
from trackstack.components.naming import part

_UPLOAD_DAYS = 7
"""After so many days parts of an upload that was never finished go."""


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """Inputs of `Bucket`."""

    cloud: Cloud
    key: Key


class Bucket(ComponentResource):
    """An S3 bucket that nobody sees from outside: public access blocked, owner enforced, encrypted, TLS only,
    without CORS; or a prefix of one that is there.
    """

    bucket: str
    prefix: str
    """Where in it artifacts are."""
    uri: str
    arn: str
    ready: tuple[Resource, ...]
    """What must be there before anything is put into it."""

    def __init__(self, name: str, args: BucketArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("trackstack:aws:Bucket", name, {}, opts)
        cloud, settings = args.cloud, args.cloud.settings.bucket
        self.bucket = settings.name or cloud.name("artifacts")
        self.prefix = settings.prefix or cloud.instance
        self.uri = f"s3://{self.bucket}/{self.prefix}"
        self.arn = f"arn:{cloud.partition}:s3:::{self.bucket}"
        self.ready = () if settings.existing else self._make(name, args)
        self.register_outputs({"uri": self.uri, "arn": self.arn})

    def _make(self, name: str, args: BucketArgs) -> tuple[Resource, ...]:
        settings = args.cloud.settings.bucket
        made = s3.Bucket(
            part(name, "artifacts"),
            bucket=self.bucket,
            force_destroy=settings.force_destroy,
            tags=args.cloud.tags("artifacts"),
            opts=owned(self, protect_name=True),
        )
        blocked = s3.BucketPublicAccessBlock(
            part(name, "access"),
            bucket=made.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=owned(self),
        )
        ownership = s3.BucketOwnershipControls(
            part(name, "ownership"),
            bucket=made.id,
            rule=s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=owned(self),
        )
        encryption = s3.BucketServerSideEncryptionConfiguration(
            part(name, "encryption"), bucket=made.id, rules=[_encrypted(args.key)], opts=owned(self)
        )
        status = "Enabled" if settings.versioning else "Suspended"
        versioning = s3.BucketVersioning(
            part(name, "versioning"),
            bucket=made.id,
            versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(status=status),
            opts=owned(self),
        )
        policy = s3.BucketPolicy(
            part(name, "policy"), bucket=made.id, policy=json.dumps(_tls_only(self.arn)), opts=owned(self)
        )
        lifecycle = s3.BucketLifecycleConfiguration(
            part(name, "lifecycle"),
            bucket=made.id,
            rules=_lifecycle(settings.noncurrent_days),
            opts=ResourceOptions.merge(owned(self), ResourceOptions(depends_on=[versioning])),
        )
        return blocked, ownership, encryption, versioning, policy, lifecycle


def _encrypted(key: Key) -> s3.BucketServerSideEncryptionConfigurationRuleArgs:
    chosen: dict[str, str | Output[str]] = {"sse_algorithm": "AES256"}
    if key.arn is not None:
        chosen = {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn}
    by_default = s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        **chosen
    )
    return s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=by_default,
        # One data key for many objects: a request to KMS for each would be dear.
        bucket_key_enabled=key.arn is not None,
    )


def _tls_only(arn: str) -> dict[str, object]:
    refused = {
        "Sid": "RefusePlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [refused]}


def _lifecycle(noncurrent_days: int) -> list[s3.BucketLifecycleConfigurationRuleArgs]:
    everything = s3.BucketLifecycleConfigurationRuleFilterArgs(prefix="")
    return [
        s3.BucketLifecycleConfigurationRuleArgs(
            id="unfinished-uploads",
            status="Enabled",
            filter=everything,
            abort_incomplete_multipart_upload=(
                s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                    days_after_initiation=_UPLOAD_DAYS
                )
            ),
        ),
        s3.BucketLifecycleConfigurationRuleArgs(
            id="old-versions",
            status="Enabled",
            filter=everything,
            noncurrent_version_expiration=(
                s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                    noncurrent_days=noncurrent_days
                )
            ),
            expiration=s3.BucketLifecycleConfigurationRuleExpirationArgs(expired_object_delete_marker=True),
        ),
    ]
