"""The catalog's routes, and the types of what they answer."""

from msgspec import UNSET, Struct, UnsetType

from trackstack.catalog_requests import MODELS, SERVICES, VERSION, ApiVersion, ListQuery, ReadQuery
from trackstack.control.access.callers import NOBODY, VIEWER
from trackstack.control.calls import Call
from trackstack.control.catalog import lookup
from trackstack.control.catalog.listing import CatalogPage, Listing
from trackstack.control.catalog.view import View
from trackstack.control.routes import Handler, Route


class CatalogError(Struct):
    """An error of the catalog, as OpenMetadata has it: the HTTP status, what is wrong, the kind of error."""

    code: int
    message: str
    errorType: str | UnsetType = UNSET


async def version(call: Call) -> ApiVersion:
    """Say which release of OpenMetadata's API the catalog speaks."""
    return VERSION


async def services(call: Call) -> CatalogPage:
    """List the caller's instances as ML model services, and the services that users keep in them."""
    return await Listing(View(call, SERVICES)).page()


async def service(call: Call) -> dict:  # type: ignore[type-arg]  # an object of any keys
    """Get an ML model service."""
    return await lookup.by_id(call, SERVICES)


async def service_by_name(call: Call) -> dict:  # type: ignore[type-arg]
    """Get an ML model service by its fully qualified name."""
    return await lookup.by_name(call, SERVICES)


async def models(call: Call) -> CatalogPage:
    """List the registered models of the caller's instances, and the models that users keep in them."""
    return await Listing(View(call, MODELS)).page()


async def model(call: Call) -> dict:  # type: ignore[type-arg]
    """Get an ML model."""
    return await lookup.by_id(call, MODELS)


async def model_by_name(call: Call) -> dict:  # type: ignore[type-arg]
    """Get an ML model by its fully qualified name."""
    return await lookup.by_name(call, MODELS)


def _read(path: str, handler: Handler, query: type[Struct]) -> Route:
    return Route("GET", path, handler, needs=VIEWER, query=query, error=CatalogError)


ROUTES = (
    Route("GET", "/api/v1/system/version", version, needs=NOBODY, error=CatalogError),
    _read(SERVICES.path, services, ListQuery),
    _read(f"{SERVICES.path}/name/{{fqn:path}}", service_by_name, ReadQuery),
    _read(f"{SERVICES.path}/{{id}}", service, ReadQuery),
    _read(MODELS.path, models, ListQuery),
    _read(f"{MODELS.path}/name/{{fqn:path}}", model_by_name, ReadQuery),
    _read(f"{MODELS.path}/{{id}}", model, ReadQuery),
)
