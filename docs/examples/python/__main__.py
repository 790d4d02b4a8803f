"""A tracking instance for each of a team's projects."""

import pulumi

from trackstack import InstanceSpec, TrackingInstance

config = pulumi.Config()
for project in config.get_object("projects") or ["vision", "speech"]:
    spec = InstanceSpec(
        name=project,
        target=config.get("target") or "local",
        retention="14d",
        labels={"project": project},
        running=config.get_bool("running") is not False,
    )
    instance = TrackingInstance(project, spec)
    pulumi.export(f"{project}-url", instance.url)
    pulumi.export(f"{project}-token", instance.token)
