"""What every pod of ours has in common: it passes the restricted Pod Security Standard."""

from collections.abc import Mapping

from pulumi_kubernetes.core.v1 import (
    CapabilitiesArgs,
    CSIVolumeSourceArgs,
    EmptyDirVolumeSourceArgs,
    KeyToPathArgs,
    PersistentVolumeClaimVolumeSourceArgs,
    PodSecurityContextArgs,
    ResourceRequirementsArgs,
    SeccompProfileArgs,
    SecretVolumeSourceArgs,
    SecurityContextArgs,
    VolumeArgs,
    VolumeMountArgs,
)

from trackstack.components.settings.base import SecretRef

USER = 10001
"""The user and group that the image runs as."""


def pod_security(user: int = USER) -> PodSecurityContextArgs:
    """No root, and volumes that the user may write."""
    return PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=user,
        run_as_group=user,
        fs_group=user,
        fs_group_change_policy="OnRootMismatch",
        seccomp_profile=SeccompProfileArgs(type="RuntimeDefault"),
    )


def container_security() -> SecurityContextArgs:
    """No privileges, nothing of the image can be changed."""
    return SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=CapabilitiesArgs(drop=["ALL"]),
    )


def resources(values: Mapping[str, Mapping[str, str]]) -> ResourceRequirementsArgs:
    """Requests and limits of a container."""
    return ResourceRequirementsArgs(requests=dict(values["requests"]), limits=dict(values["limits"]))


def scratch(name: str, size: str) -> VolumeArgs:
    """A folder that lives as long as the pod."""
    return VolumeArgs(name=name, empty_dir=EmptyDirVolumeSourceArgs(size_limit=size))


def claimed(name: str, claim: str) -> VolumeArgs:
    """A folder on the volume of a claim."""
    return VolumeArgs(
        name=name, persistent_volume_claim=PersistentVolumeClaimVolumeSourceArgs(claim_name=claim)
    )


def provided(name: str, secret_class: str) -> VolumeArgs:
    """What the Secrets Store CSI driver fetches for a SecretProviderClass."""
    attributes = {"secretProviderClass": secret_class}
    source = CSIVolumeSourceArgs(
        driver="secrets-store.csi.k8s.io", read_only=True, volume_attributes=attributes
    )
    return VolumeArgs(name=name, csi=source)


def secret(name: str, ref: SecretRef, file: str) -> VolumeArgs:
    """A Secret's key as a file, read by the pod's group, which is the server's own."""
    items = [KeyToPathArgs(key=ref.key, path=file)]
    return VolumeArgs(
        name=name, secret=SecretVolumeSourceArgs(secret_name=ref.name, items=items, default_mode=0o440)
    )


def mount(name: str, path: str, *, read_only: bool = False) -> VolumeMountArgs:
    """A volume at a path."""
    return VolumeMountArgs(name=name, mount_path=path, read_only=read_only or None)
