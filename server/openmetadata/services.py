"""ML model services: what a request may say of one, and what is kept of it."""

from msgspec import UNSET

from trackstack.catalog import SERVICE
from trackstack.server.openmetadata import connections, names, values
from trackstack.server.openmetadata.connections import Connection, ServiceType
from trackstack.server.openmetadata.reading import plain
from trackstack.server.openmetadata.values import Described, Given, Reference, Style
from trackstack.server.store.openmetadata.catalog import New
from trackstack.server.store.openmetadata.rows import Entity, Json


class ServiceValues(Described):
    """What requests and patches say alike."""

    connection: Connection | Given = UNSET
    style: Style | Given = UNSET
    ingestionRunner: Reference | Given = UNSET


class CreateService(ServiceValues, kw_only=True):
    """CreateMlModelService."""

    name: str
    serviceType: ServiceType
    dataProducts: list[str] | Given = UNSET
    domains: list[str] | Given = UNSET


class ServiceFields(ServiceValues):
    """What a patch may leave behind."""

    dataProducts: list[Reference] | Given = UNSET
    domains: list[Reference] | Given = UNSET
    entityStatus: values.EntityStatus | Given = UNSET


def new(request: CreateService) -> New:
    """The service that a request describes; raises ApiError for one that cannot be."""
    name = names.entity_name(request.name)
    fields = plain(request)
    del fields["name"], fields["serviceType"]
    _complete(fields, request.serviceType, request)
    values.refer(fields)
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
