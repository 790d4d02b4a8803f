"""Where an instance's data is, which no operation changes: it would be deleted, or left behind."""

import json
from collections.abc import Mapping
from functools import reduce
from typing import Any

from trackstack.stacks.errors import InvalidSpec
from trackstack.stacks.instances import PODS, SERVER
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec

_PLACES = (
    ("target",),
    ("kubernetes", "namespace"),
    ("kubernetes", "database", "kind"),
    ("kubernetes", "database", "claim"),
    ("kubernetes", "bucket", "kind"),
    ("kubernetes", "bucket", "claim"),
    ("kubernetes", "bucket", "url"),
    ("aws", "database", "kind"),
    ("aws", "bucket", "name"),
    ("aws", "bucket", "prefix"),
)
"""The settings that say where it is."""

_HOLDERS = frozenset(
    (
        SERVER,
        PODS,
        "trackstack:local:DatabaseFile",
        "kubernetes:core/v1:PersistentVolumeClaim",
        "kubernetes:postgresql.cnpg.io/v1:Cluster",
        "aws:rds/instance:Instance",
        "aws:rds/cluster:Cluster",
        "aws:s3/bucket:Bucket",
    )
)
"""What holds data, and what writes it elsewhere."""


def refuse(old: InstanceSpec, new: InstanceSpec, remedy: str = "") -> None:
    """Raises InvalidSpec for another place, with a `remedy` besides the one that there always is."""
    for path in _PLACES:
        before, after = reduce(getattr, path, old), reduce(getattr, path, new)
        if before != after:
            raise InvalidSpec(
                f"{'.'.join(path)}: {before!r} cannot become {after!r}, for the data would stay behind; "
                f"{remedy}make another instance, and move the data (trackstack-server backup, restore)"
            )


def refuse_since(project: Project, stack: str, new: InstanceSpec) -> None:
    """The same, measured by what was last brought up, whoever changed the file since.

    Nothing is refused where there are no data yet, or where the stack's history does not go back so far.
    """
    handle = project.stack(stack)
    update = handle.last_update("update")
    if update is None or (old := _spec(update.config)) is None:
        return
    try:
        refuse(old, new, f"put it back in {project.settings_path(stack).name}, or ")
    except InvalidSpec:
        if handle.exists() and any(each.type in _HOLDERS for each in handle.snapshot().resources):
            raise


def _spec(config: Mapping[str, Any]) -> InstanceSpec | None:
    """The spec that an operation was given; None where another version wrote it so that it cannot be read."""
    texts = {key: text if isinstance(text, str) else json.dumps(text) for key, text in config.items()}
    try:
        return InstanceSpec.from_config(texts)
    except InvalidSpec:
        return None
