"""Instances, in the words of the Model Experiments API."""

from typing import Any

from msgspec import UNSET, Struct, UnsetType, field

from trackstack.control.access.callers import EDITOR, OWNER, VIEWER
from trackstack.control.bodies import Payload, changes
from trackstack.control.calls import Call
from trackstack.control.fields import (
    BucketName,
    Description,
    DescriptionChange,
    LabelPatch,
    Labels,
    Name,
    NameChange,
    Retention,
    Url,
    Uuid,
    as_description,
    as_name,
    require_free_labels,
)
from trackstack.control.fleet import Member, State
from trackstack.control.routes import Route


class Instance(Struct, rename="camel", kw_only=True):
    """An instance; `errorMessage` says why it is impaired."""

    id: Uuid
    name: Name
    state: State
    url: Url
    region: str
    bucket_name: BucketName
    deleted_experiment_retention: Retention
    description: Description | UnsetType = UNSET
    error_message: str | UnsetType = UNSET
    labels: Labels | UnsetType = UNSET


class InstanceResponse(Struct):
    instance: Instance
    message: str


class ListInstancesResponse(Struct):
    instances: list[Instance]
    message: str


class CreateInstancePayload(Payload):
    name: Name
    description: DescriptionChange = ""
    deleted_experiment_retention: Retention = ""
    labels: Labels = field(default_factory=dict)


class PartialUpdateInstancePayload(Payload):
    name: NameChange = ""
    description: DescriptionChange | UnsetType = UNSET
    deleted_experiment_retention: Retention = ""
    labels: LabelPatch = field(default_factory=dict)


async def list_(call: Call) -> ListInstancesResponse:
    """List the instances of a project."""
    found = [_shown(each) for each in await call.fleet.members(call.project)]
    return ListInstancesResponse(found, "successfully fetched instances")


async def create(call: Call, body: CreateInstancePayload) -> InstanceResponse:
    """Create an instance in a project; it is active in a while."""
    require_free_labels(body.labels)
    values = _given(body) | {"labels": body.labels}
    if body.description:
        values["description"] = body.description
    made = await call.fleet.create(call.project, values)
    return InstanceResponse(_shown(made), "successfully created instance")


async def get(call: Call) -> InstanceResponse:
    """Get an instance of a project."""
    return InstanceResponse(_shown(await call.member()), "successfully fetched instance")


async def change(call: Call, body: PartialUpdateInstancePayload) -> InstanceResponse:
    """Change an instance; what is not given stays. An impaired one is mended."""
    require_free_labels({key: value for key, value in body.labels.items() if value is not None})
    given = _given(body) | changes(body, {"description": "description"}) | {"labels": body.labels}
    changed = await call.fleet.change(await call.member(), given)
    return InstanceResponse(_shown(changed), "successfully updated instance")


async def delete(call: Call) -> InstanceResponse:
    """Delete an instance with all its data; in a while it is not found any more."""
    deleted = await call.fleet.delete(await call.member())
    return InstanceResponse(_shown(deleted), "successfully deleted instance")


def _given(body: CreateInstancePayload | PartialUpdateInstancePayload) -> dict[str, Any]:
    """Name and retention; an empty text says nothing."""
    values = {"name": body.name, "retention": body.deleted_experiment_retention}
    return {name: value for name, value in values.items() if value}


def _shown(member: Member) -> Instance:
    """Optional texts are left out where they are empty, which the API's clients refuse."""
    spec = member.instance.spec
    return Instance(
        id=member.id,
        name=as_name(spec.name),
        state=member.state,
        url=member.url,
        region=member.region,
        bucket_name=f"model-experiments-{member.id.replace('-', '')}",
        deleted_experiment_retention=spec.retention,
        description=as_description(spec.description) or UNSET,
        error_message=member.error or UNSET,
        labels=spec.labels or UNSET,
    )


INSTANCES = "/projects/{projectId}/regions/{regionId}/instances"
INSTANCE = INSTANCES + "/{instanceId}"

ROUTES = (
    Route("GET", INSTANCES, list_, needs=VIEWER),
    Route("POST", INSTANCES, create, needs=EDITOR, status=202, refuses=(409,)),
    Route("GET", INSTANCE, get, needs=VIEWER),
    Route("PATCH", INSTANCE, change, needs=EDITOR, status=202, refuses=(409,)),
    Route("DELETE", INSTANCE, delete, needs=OWNER, status=202, refuses=(409,)),
)
