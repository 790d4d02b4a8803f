"""ML models: what a request may say of one, and what is kept of it."""

from msgspec import UNSET

from trackstack.catalog import MODEL, quoted, reference
from trackstack.server.errors import invalid
from trackstack.server.openmetadata import names, values
from trackstack.server.openmetadata.reading import plain
from trackstack.server.openmetadata.values import (
    Certification,
    Described,
    Feature,
    Given,
    HyperParameter,
    LifeCycle,
    MlStore,
    Reference,
    Sha,
)
from trackstack.server.store.openmetadata.catalog import New
from trackstack.server.store.openmetadata.rows import Entity, Json

ALGORITHM = "mlmodel"
"""The algorithm of a model of which none is said."""


class ModelValues(Described):
    """What requests and patches say alike."""

    mlFeatures: list[Feature] | Given = UNSET
    target: str | Given = UNSET
    mlHyperParameters: list[HyperParameter] | Given = UNSET
    mlStore: MlStore | Given = UNSET
    server: str | Given = UNSET
    sourceUrl: str | Given = UNSET
    extension: Json | Given = UNSET
    lifeCycle: LifeCycle | Given = UNSET
    sourceHash: Sha | Given = UNSET


class CreateModel(ModelValues, kw_only=True):
    """CreateMlModel."""

    name: str
    service: str
    algorithm: str | Given = UNSET
    dashboard: str | Given = UNSET
    domains: list[str] | Given = UNSET
    dataProducts: list[str] | Given = UNSET


class ModelFields(ModelValues, kw_only=True):
    """What a patch may leave behind."""

    algorithm: str
    dashboard: Reference | Given = UNSET
    domains: list[Reference] | Given = UNSET
    dataProducts: list[Reference] | Given = UNSET
    certification: Certification | Given = UNSET
    entityStatus: values.EntityStatus | Given = UNSET


def new(request: CreateModel) -> New:
    """The model that a request describes; raises ApiError for one that cannot be."""
    name, service = names.entity_name(request.name), names.service(request.service)
    fields = plain(request)
    del fields["name"], fields["service"]
    _complete(fields, request, f"{service}.{quoted(name)}")
    values.refer(fields)
    if "dashboard" in fields:
        fields["dashboard"] = reference("dashboard", names.known(fields["dashboard"], "dashboard"))
    return New(
        kind=MODEL, service=service, name=name, fields=fields, defaults={"algorithm": ALGORITHM, **values.NEW}
    )


def changed(entity: Entity, request: ModelFields) -> Json:
    """What is kept of the model after a patch."""
    fields: Json = plain(request)
    _complete(fields, request, entity.fqn)
    return fields


def _complete(fields: Json, request: CreateModel | ModelFields, fqn: str) -> None:
    values.owners(request.owners)
    values.url(request.server, "server")
    if request.algorithm == "":
        raise invalid(f"[algorithm must not be empty] Leave it out for {ALGORITHM!r}.")
    if isinstance(request.target, str):
        names.entity_name(request.target, "target")
    for feature in fields.get("mlFeatures", ()):
        _place_feature(feature, fqn)


def _place_feature(feature: Json, fqn: str) -> None:
    """A feature is part of its model, a source of the table that it names."""
    if "name" in feature:
        name = names.entity_name(feature["name"], "name of a feature")
        feature["fullyQualifiedName"] = f"{fqn}.{quoted(name)}"
    for source in feature.get("featureSources", ()):
        if "name" in source:
            name = quoted(names.entity_name(source["name"], "name of a feature's source"))
            table = source.get("dataSource", {}).get("fullyQualifiedName")
            source["fullyQualifiedName"] = f"{table}.{name}" if table else name
