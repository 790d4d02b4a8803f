"""A volume of an instance's own."""

from pulumi import Resource
from pulumi_kubernetes.core.v1 import (
    PersistentVolumeClaim,
    PersistentVolumeClaimSpecArgs,
    VolumeResourceRequirementsArgs,
)

from trackstack.components.kubernetes.place import Place, child


def claim(
    name: str,
    place: Place,
    noun: str,
    *,
    storage: str,
    storage_class: str,
    keep: bool,
    parent: Resource,
) -> PersistentVolumeClaim:
    """The claim `noun` of the instance; with `keep` it outlives the stack.

    It is bound when its first pod comes, so nothing waits for that here.
    """
    return PersistentVolumeClaim(
        name,
        metadata=place.meta(noun, "server", {"pulumi.com/skipAwait": "true"}),
        spec=PersistentVolumeClaimSpecArgs(
            access_modes=["ReadWriteOnce"],
            storage_class_name=storage_class or None,
            resources=VolumeResourceRequirementsArgs(requests={"storage": storage}),
        ),
        opts=child(parent, keep=keep),
    )
