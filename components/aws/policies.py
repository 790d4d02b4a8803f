"""What an instance's roles may do on AWS, and who may be them: documents of IAM as plain values."""

from typing import Any

_VERSION = "2012-10-17"


def bucket_access(bucket: str, prefix: str) -> list[dict[str, Any]]:
    """Objects below the prefix of the bucket of that ARN, and listing no more of it."""
    return [
        {
            "Sid": "ListArtifacts",
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
            "Resource": bucket,
            "Condition": {"StringLike": {"s3:prefix": [prefix, f"{prefix}/*"]}},
        },
        {
            "Sid": "UseArtifacts",
            "Effect": "Allow",
            "Action": [
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ],
            "Resource": f"{bucket}/{prefix}/*",
        },
    ]


def secret_access(secrets: list[str]) -> list[dict[str, Any]]:
    """Reading the secrets of those ARNs."""
    return [
        {
            "Sid": "ReadSecret",
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
            "Resource": secrets,
        }
    ]


def key_access(keys: list[str], services: list[str]) -> list[dict[str, Any]]:
    """The keys of those ARNs, through those services only, such as s3.eu-central-1.amazonaws.com."""
    return [
        {
            "Sid": "UseKey",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": list(dict.fromkeys(keys)),
            "Condition": {"StringEquals": {"kms:ViaService": services}},
        }
    ]


def policy(statements: list[dict[str, Any]]) -> dict[str, Any]:
    """The statements as one document."""
    return {"Version": _VERSION, "Statement": statements}


def irsa_trust(provider: str, namespace: str, account: str) -> dict[str, Any]:
    """That service account of the cluster with the OIDC provider of that ARN, and nobody else."""
    issuer = provider.partition("oidc-provider/")[2]
    subject = f"system:serviceaccount:{namespace}:{account}"
    wanted = {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": subject}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": wanted},
    }
    return policy([statement])


def pod_identity_trust() -> dict[str, Any]:
    """EKS' agent, for the pods that an association names."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    return policy([statement])
