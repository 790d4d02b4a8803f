"""ML model services: what a request may say of one, and what is kept of it."""

from msgspec import UNSET

from trackstack.catalog import SERVICE
from trackstack.server.openmetadata import connections, names, values
from trackstack.server.openmetadata.connections import Connection, ServiceType
from trackstack.server.openmetadata.reading import plain
from trackstack.server.openmetadata.values import Given, Reference, Style, TagLabel, Value
from trackstack.server.store.openmetadata.catalog import New
from trackstack.server.store.openmetadata.rows import Entity, Json


class CreateService(Value):
    """CreateMlModelService."""

    name: str
    serviceType: ServiceType
    displayName: str | Given = UNSET
    description: str | Given = UNSET
    connection: Connection | Given = UNSET
    tags: list[TagLabel] | Given = UNSET
    style: Style | Given = UNSET
    owners: list[Reference] | Given = UNSET
    dataProducts: list[str] | Given = UNSET
    domains: list[str] | Given = UNSET
    ingestionRunner: Reference | Given = UNSET


class ServiceFields(Value):
    """What a patch may leave behind."""

    displayName: str | Given = UNSET
    description: str | Given = UNSET
    connection: Connection | Given = UNSET
    tags: list[TagLabel] | Given = UNSET
    style: Style | Given = UNSET
    owners: list[Reference] | Given = UNSET
    dataProducts: list[Reference] | Given = UNSET
    domains: list[Reference] | Given = UNSET
    ingestionRunner: Reference | Given = UNSET
    entityStatus: values.EntityStatus | Given = UNSET


def new(request: CreateService) -> New:
    """The service that a request describes; raises ApiError for one that cannot be."""
    name = names.entity_name(request.name)
    fields = plain(request)
    del fields["name"], fields["serviceType"]
    _complete(fields, request.serviceType, request)
    for what, kind in (("domains", "domain"), ("dataProducts", "dataProduct")):
        if what in fields:
            fields[what] = values.references(kind, fields[what], what)
    return New(kind=SERVICE, name=name, service_type=request.serviceType, fields=fields, defaults=values.NEW)


def changed(entity: Entity, request: ServiceFields) -> Json:
    """What is kept of the service after a patch."""
    fields: Json = plain(request)
    _complete(fields, entity.service_type, request)
    return fields


def _complete(fields: Json, service_type: str, request: CreateService | ServiceFields) -> None:
    values.owners(request.owners)
    if request.connection:
        connection = connections.stored(service_type, request.connection)
        fields.pop("connection")
        if connection is not None:
            fields["connection"] = connection
